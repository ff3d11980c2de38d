using System.Numerics;

namespace Microsoft.ML.Conformer;

/// <summary>
/// The shape of a ConTNet: everything that fixes its parameters. The defaults are ConT-Ti for ImageNet.
/// Source: Yan et al., "ConTNet: Why not use convolution and transformer at the same time?", 2021 (arXiv 2104.13497).
/// </summary>
public sealed record ConTNetArchitecture : VisionArchitecture
{
    /// <summary>The stem halves height and width twice.</summary>
    internal const int StemStride = 4;

    /// <summary>Beyond all networks that fit anywhere; a file that claims more would only exhaust memory.</summary>
    internal const int MaxStages = 8, MaxBlocks = 1023, MaxWidth = 65_536;

    /// <summary>The size that the published networks were made for.</summary>
    private const int PublishedImageSize = 224;

    /// <summary>Channels of the stem and of the first stage, which double from stage to stage; even, at least 2. Default 48.</summary>
    public int StemWidth { get; init; } = 48;

    /// <summary>The stages in the order of the data, 1-8; copied, so that later changes have no effect. Default: ConT-Ti's four.</summary>
    public IReadOnlyList<ConTNetStage> Stages { get; init => field = [.. value ?? []]; } =
        PublishedStages([1, 1, 1, 1], [196, 392, 768, 768]);

    /// <summary>
    /// Whether the stem is three 3x3 convolutions with norms, as ResNet-C's, instead of one 7x7 convolution. Default false.
    /// </summary>
    public bool DeepStem { get; init; }

    /// <summary>
    /// Whether shortcuts that halve the map average 2x2 pixels, as ResNet-D's, instead of taking every second one. Default false.
    /// </summary>
    public bool AverageDown { get; init; }

    /// <summary>
    /// Whether attention adds a learned number for the distance of two tokens (Liu et al., "Swin Transformer", 2021), instead of learned
    /// vectors for the tokens' rows and columns. Default false.
    /// </summary>
    public bool RelativePositions { get; init; }

    /// <summary>Whether the encoders' norms come before attention and MLP, instead of after their sums. Default false.</summary>
    public bool PreNorm { get; init; }

    /// <summary>Whether queries, keys and values have a bias. Default true.</summary>
    public bool QkvBias { get; init; } = true;

    /// <summary>While training, the chance, 0 to below 1, with which a value of the last feature map is dropped. Default 0.</summary>
    public double LastDropRate { get; init; }

    /// <summary>The architecture of a published variant, for <paramref name="numClasses"/> classes.</summary>
    /// <param name="variant">The network.</param>
    /// <param name="numClasses">Number of classes. Default 1000.</param>
    /// <param name="imageSize">
    /// Side of the images in pixels. The published windows of 7 and 14 pixels need multiples of 224 (default). For another size each stage
    /// has the largest windows up to those that divide its feature map: at 112 pixels they are of 7 and 14, 7 and 14, 7 and 7, 4 and 4.
    /// Where a stage has none, as at 100 pixels, all windows are the published ones, which do not take that size. Published weights fit
    /// only
    /// such windows as they were trained with.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="variant"/> is none of the four.</exception>
    public static ConTNetArchitecture For(ConTNetVariant variant, int numClasses = 1000, int imageSize = PublishedImageSize)
    {
        int[] mlpWidths = [256, 512, 1024, 1024];
        var published = new ConTNetArchitecture { NumClasses = numClasses };
        published = variant switch
        {
            ConTNetVariant.Tiny => published,
            ConTNetVariant.Small => published with { StemWidth = 64, Stages = PublishedStages([1, 1, 1, 1], mlpWidths) },
            ConTNetVariant.Medium => published with { StemWidth = 64, Stages = PublishedStages([2, 2, 2, 2], mlpWidths) },
            ConTNetVariant.Base => published with
            {
                StemWidth = 64,
                Stages = PublishedStages([3, 4, 6, 3], mlpWidths, [0, 0, 0.1, 0.1]),
                LastDropRate = 0.2,
            },
            _ => throw new ArgumentOutOfRangeException(nameof(variant), variant, "There is no such ConTNet variant."),
        };
        var fitted = published with
        {
            Stages = [.. published.Stages.Zip(ConTNetLayout.MapSides(imageSize), (stage, side) => stage with
            {
                FirstWindow = LargestDivisor(side, stage.FirstWindow),
                SecondWindow = LargestDivisor(side, stage.SecondWindow),
            })],
        };
        // Sizes that fit windows of some stages only would be no help in the error.
        return fitted.Fault(imageSize) is null ? fitted : published;
    }

    /// <summary>Whether both have the same shape, stage by stage.</summary>
    public bool Equals(ConTNetArchitecture? other) =>
        base.Equals(other) && Flags == other.Flags && Stages.SequenceEqual(other.Stages);

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Flags, Stages.Count);

    internal override ImagePreprocessing Preprocessing => base.Preprocessing with { Interpolation = ResamplingKernel.Bilinear.Name };

    internal override IReadOnlyList<NetworkHead> Heads => [new("fc", "conv", StageWidth(Stages.Count))];

    /// <summary>Stage i, from 0, works on a map of 1 / 2^(i + 2) of the image.</summary>
    internal override IReadOnlyList<int> FeatureLevels => [.. Enumerable.Range(2, Math.Min(Stages.Count, 4))];

    internal override int MapChannels(int level) => StageWidth(level - 1 == Stages.Count ? level - 1 : level - 2);

    // Options ask for it beside the architecture's faults, one of which is that there are no stages.
    internal override int SmallestImageSize => StemStride << (Math.Clamp(Stages?.Count ?? 0, 1, MaxStages) - 1);

    internal override int SizeDivisor => (int)Stages.Index().Aggregate((long)base.SizeDivisor, (divisor, stage) =>
        Math.Min(CommonMultiple(
            divisor, (StemStride << stage.Index) * CommonMultiple(stage.Item.FirstWindow, stage.Item.SecondWindow)), int.MaxValue));

    internal override IEnumerable<NetworkLayer> Layers(int height, int width) => ConTNetLayout.Layers(this, height, width);

    /// <summary>The official script means to leave positions alone, though it compares whole names, so that it does not.</summary>
    internal override bool IsDecayed(string name, int rank) =>
        base.IsDecayed(name, rank) && !name.Contains(ConTNetLayout.Positions, StringComparison.Ordinal)
        && !name.EndsWith(ConTNetLayout.BiasTable, StringComparison.Ordinal);

    /// <summary>The stem, each block, and the head.</summary>
    internal override int LayerCount => Stages.Sum(stage => stage.Blocks) + 2;

    internal override int LayerOf(string tensor)
    {
        if (IsHead(tensor))
            return LayerCount - 1;
        var index = Blocks().TakeWhile(block => !tensor.StartsWith($"{block.Name}.", StringComparison.Ordinal)).Count();
        return tensor.StartsWith(ConTNetLayout.Stem, StringComparison.Ordinal) ? 0 : index + 1;
    }

    /// <summary>The blocks in the order of the data.</summary>
    internal IEnumerable<ConTNetBlock> Blocks()
    {
        for (var stage = 0; stage < Stages.Count; stage++)
            for (var index = 0; index < Stages[stage].Blocks; index++)
            {
                var (endsStage, inLastStage) = (index == Stages[stage].Blocks - 1, stage == Stages.Count - 1);
                yield return new ConTNetBlock(
                    $"layer{stage + 1}{ConTNetLayout.Block}{index}", stage, Stages[stage], StageWidth(stage),
                    StageWidth(endsStage ? stage + 1 : stage), Stride: endsStage && !inLastStage ? 2 : 1, endsStage,
                    IsLast: endsStage && inLastStage);
            }
    }

    internal override string? SizeFault(int height, int width)
    {
        if ((Fault(height) ?? Fault(width)) is not { } fault)
            return null;
        // Sizes between these give maps of the same sizes.
        var fitting = Enumerable.Range(1, ImagePreprocessor.MaxImageSize / StemStride).Select(i => i * StemStride)
            .Where(size => Fault(size) is null).ToList();
        var side = Fault(height) is null ? width : height;
        int[] nearest = [.. fitting.Where(size => size < side).TakeLast(1), .. fitting.Where(size => size > side).Take(1)];
        return $"The image is {height} x {width} pixels; {fault}. " + (nearest.Length == 0
            ? "The network takes no size."
            : $"Sides that fit: {string.Join(", ", nearest)}.");
    }

    /// <summary>What is wrong with one side of an image.</summary>
    private string? Fault(int imageSide) => Stages.Zip(ConTNetLayout.MapSides(imageSide)).Index().Select(entry =>
    {
        var (index, (stage, side)) = entry;
        return side % stage.FirstWindow != 0 || side % stage.SecondWindow != 0
            ? $"a side of {side} in stage {index + 1} is no multiple of its windows, {stage.FirstWindow} and {stage.SecondWindow}"
            : AverageDown && side % 2 != 0 && index < Stages.Count - 1
                ? $"a side of {side} in stage {index + 1} is odd, and {nameof(AverageDown)} averages two pixels"
                : null;
    }).FirstOrDefault(fault => fault is not null);

    internal override IEnumerable<string> Faults()
    {
        foreach (var fault in base.Faults())
            yield return fault;
        if (StemWidth < 2 || StemWidth % 2 != 0)
            yield return $"{nameof(StemWidth)} is {StemWidth}; it must be even, at least 2.";
        if (!(LastDropRate is >= 0 and < 1))
            yield return FormattableString.Invariant($"{nameof(LastDropRate)} is {LastDropRate}; it must be 0 to below 1.");
        if (Stages.Count is < 1 or > MaxStages || Stages.Contains(null!))
        {
            yield return $"{nameof(Stages)} has {Stages.Count} stages; it must have 1-{MaxStages}, none of them null.";
            yield break;
        }
        if ((long)StemWidth << Stages.Count > MaxWidth)
            yield return $"{nameof(StemWidth)} is {StemWidth}; doubled in each of {Stages.Count} stages it is more than {MaxWidth}.";
        if (Stages.Sum(stage => (long)stage.Blocks) > MaxBlocks)
            yield return $"{nameof(Stages)} have more than {MaxBlocks} blocks in all.";
        foreach (var (index, stage) in Stages.Index())
            foreach (var fault in stage.Faults((long)StemWidth << index))
                yield return $"{nameof(Stages)}[{index}].{fault}";
    }

    private static ConTNetStage[] PublishedStages(int[] blocks, int[] mlpWidths, double[]? dropRates = null) =>
    [
        .. blocks.Select((count, index) => new ConTNetStage
        {
            Blocks = count,
            MlpWidth = mlpWidths[index],
            NumHeads = 1 << index,
            SecondWindow = index == blocks.Length - 1 ? 7 : 14,
            DropRate = dropRates?[index] ?? 0,
        }),
    ];

    /// <summary>The largest divisor of a side from 2 to <paramref name="most"/>, or, where it has none, that.</summary>
    private static int LargestDivisor(int side, int most) =>
        Enumerable.Range(2, most - 1).LastOrDefault(divisor => side % divisor == 0, most);

    private static long CommonMultiple(long a, long b) => a / (long)BigInteger.GreatestCommonDivisor(a, b) * b;

    private (int, double, bool, bool, bool, bool, bool) Flags =>
        (StemWidth, LastDropRate, DeepStem, AverageDown, RelativePositions, PreNorm, QkvBias);

    private int StageWidth(int stage) => StemWidth << stage;
}

/// <summary>One block (ConTBlock) of an architecture; the stage from 0, the stride in feature-map pixels.</summary>
internal readonly record struct ConTNetBlock(
    string Name, int StageIndex, ConTNetStage Stage, int InChannels, int OutChannels, int Stride, bool EndsStage, bool IsLast)
{
    /// <summary>Both encoders: their names, and the sides of their windows.</summary>
    public (string Name, int Window)[] Encoders => [($"{Name}.ste1", Stage.FirstWindow), ($"{Name}.ste2", Stage.SecondWindow)];

    /// <summary>The convolution that ends the block: 1x1 in the very last one.</summary>
    public int Kernel => IsLast ? 1 : 3;
}
