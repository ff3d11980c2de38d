using System.Globalization;

namespace Microsoft.ML.Conformer;

/// <summary>
/// The shape of a Conformer: everything that fixes its parameters. The defaults are Conformer-Ti/16 for ImageNet.
/// Source: Peng et al., "Conformer: Local Features Coupling Global Representations for Visual Recognition", ICCV 2021.
/// </summary>
public sealed record ConformerArchitecture : VisionArchitecture
{
    /// <summary>Channels of the stem; fixed, because the convolutional head's width is a multiple of it.</summary>
    internal const int StemChannels = 64;

    /// <summary>Beyond all networks that fit anywhere; a file that claims more would only exhaust memory.</summary>
    private const int MaxBlocks = 1023, MaxAllBlocks = 4 * MaxBlocks, MaxWidth = 65_536;

    /// <summary>Channels of the last stage for a channel ratio of 1.</summary>
    private const int StageWidth = 4 * StemChannels;

    /// <summary>A bottleneck's outer width over its inner width.</summary>
    internal const int BottleneckExpansion = 4;

    /// <summary>The stem halves height and width twice.</summary>
    internal const int StemStride = 4;

    /// <summary>Side of a transformer patch in pixels: 16 (default), 32, or another multiple of 16.</summary>
    public int PatchSize { get; init; } = 16;

    /// <summary>Width of the convolution branch: its stages have 64, 128 and 256 times this many channels. Default 1.</summary>
    public double ChannelRatio { get; init; } = 1;

    /// <summary>Additional bottlenecks in each coupling block, between its two convolution blocks, 0-1023. Default 0.</summary>
    public int BottlenecksPerBlock { get; init; }

    /// <summary>Width E of the tokens; a multiple of <see cref="NumHeads"/>. Default 384.</summary>
    public int EmbedDim { get; init; } = 384;

    /// <summary>Number of attention heads. Default 6.</summary>
    public int NumHeads { get; init; } = 6;

    /// <summary>Number of transformer blocks; a multiple of 3, one third for each stage. Default 12.</summary>
    public int Depth { get; init; } = 12;

    /// <summary>Hidden width of the transformer's MLP over <see cref="EmbedDim"/>. Default 4.</summary>
    public double MlpRatio { get; init; } = 4;

    /// <summary>Whether queries, keys and values have a bias. Default true.</summary>
    public bool QkvBias { get; init; } = true;

    /// <summary>What attention's products of queries and keys are multiplied by; null (default): 1 / sqrt(EmbedDim / NumHeads).</summary>
    public double? QkScale { get; init; }

    /// <summary>
    /// While training, the chance, 0 to below 1, with which a value is dropped after attention's projection and in the MLP. Default 0.
    /// </summary>
    public double DropRate { get; init; }

    /// <summary>While training, the chance, 0 to below 1, with which an attention weight is dropped. Default 0.</summary>
    public double AttentionDropRate { get; init; }

    /// <summary>How feature maps are brought to the patch grid. Default <see cref="DownSampling.Average"/>.</summary>
    public DownSampling DownSampling { get; init; } = DownSampling.Average;

    /// <summary>
    /// Side in pixels of the square images for which a learned position embedding is added to the tokens (Peng et al., table 6),
    /// or null for none (default; the published networks). With an embedding the network takes images of this size only.
    /// </summary>
    public int? PositionEmbeddingImageSize { get; init; }

    /// <summary>The architecture of a published variant, for <paramref name="numClasses"/> classes.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="variant"/> is none of the four.</exception>
    public static ConformerArchitecture For(ConformerVariant variant, int numClasses = 1000) => variant switch
    {
        ConformerVariant.Tiny => new() { NumClasses = numClasses },
        ConformerVariant.Small => new() { NumClasses = numClasses, ChannelRatio = 4 },
        ConformerVariant.SmallPatch32 => new() { NumClasses = numClasses, ChannelRatio = 4, PatchSize = 32 },
        ConformerVariant.Base => new() { NumClasses = numClasses, ChannelRatio = 6, EmbedDim = 576, NumHeads = 9 },
        _ => throw new ArgumentOutOfRangeException(nameof(variant), variant, "There is no such Conformer variant."),
    };

    internal override int? FixedImageSize => PositionEmbeddingImageSize;

    internal override IReadOnlyList<NetworkHead> Heads =>
        [new("conv_cls_head", "conv", (int)(4 * StemChannels * ChannelRatio)), new("trans_cls_head", "tran", EmbedDim)];

    internal override bool HasClassToken => true;

    /// <summary>In a network of depth 3 the one block of stage 3 shrinks its map at once.</summary>
    internal override IReadOnlyList<int> FeatureLevels => Depth > 3 ? [2, 3, 4, 5] : [2, 3, 5];

    /// <summary>The block that gives a feature map: the last of stage 1 or 2, the one before the last of all, or the last.</summary>
    internal int BlockOf(int level) => level < 4 ? Depth / 3 * (level - 1) : Depth + level - 5;

    internal override int MapChannels(int level) => StageChannels(Math.Min(level - 1, 3));

    internal override bool IsOfMaps(string layer) => layer != ConformerLayout.LastNorm && base.IsOfMaps(layer);

    internal int StageChannels(int stage) => (int)(StemChannels * ChannelRatio * (1 << (stage - 1)));

    // Patches are multiples of 16 pixels.
    internal override int SizeDivisor => PatchSize % base.SizeDivisor == 0 ? PatchSize : 2 * PatchSize;

    /// <summary>Feature-map pixels per token side in stage 1, 2 or 3.</summary>
    internal int TokenStride(int stage) => PatchSize / StemStride >> (stage - 1);

    internal int MlpHidden => (int)(EmbedDim * MlpRatio);

    internal int HeadDim => EmbedDim / NumHeads;

    internal double AttentionScale => QkScale ?? 1 / Math.Sqrt(HeadDim);

    /// <summary>Tokens along one side of an image of the given side in pixels, zero padding after the stem included.</summary>
    internal int TokensPerSide(int imageSize)
    {
        var map = (imageSize + StemStride - 1) / StemStride; // the stem halves twice, each time rounding up
        return (map + TokenStride(1) - 1) / TokenStride(1);
    }

    internal override IEnumerable<NetworkLayer> Layers(int height, int width) => ConformerLayout.Layers(this, height, width);

    internal override bool IsDecayed(string name, int rank) =>
        base.IsDecayed(name, rank) && name is not (ConformerLayout.ClassToken or ConformerLayout.PositionEmbedding);

    /// <summary>The stem, the first blocks of both branches, each coupling block, and the heads with the norm before them.</summary>
    internal override int LayerCount => Depth + 2;

    /// <summary>As mmpretrain and BEiT count the layers of a ViT: what makes patches, its blocks, and the rest.</summary>
    internal override int LayerOf(string tensor)
    {
        const string coupling = "conv_trans_";
        var module = tensor.Split('.')[0];
        return module.StartsWith(coupling, StringComparison.Ordinal) ? int.Parse(module[coupling.Length..], CultureInfo.InvariantCulture)
            : module switch
            {
                ConformerLayout.ClassToken or ConformerLayout.PositionEmbedding or "conv1" or "bn1" or "trans_patch_conv" => 0,
                "conv_1" or "trans_1" => 1,
                _ => LayerCount - 1,
            };
    }

    internal override string OfficialName(string name) => ConformerKeyMap.ToOfficial(name);

    /// <summary>Coupling blocks in the order of the data: their names are conv_trans_2 ... conv_trans_depth.</summary>
    internal IEnumerable<CouplingBlock> CouplingBlocks()
    {
        for (var index = 2; index <= Depth; index++)
        {
            var stage = (index - 1) / (Depth / 3) + 1;
            var first = stage > 1 && (index - 1) % (Depth / 3) == 0;
            yield return new CouplingBlock(
                Index: index,
                InChannels: StageChannels(first ? stage - 1 : stage),
                OutChannels: StageChannels(stage),
                Stride: first ? 2 : 1,
                TokenStride: TokenStride(stage),
                IsLast: index == Depth);
        }
    }

    internal override IEnumerable<string> Faults()
    {
        static string Invariant(FormattableString text) => FormattableString.Invariant(text);
        foreach (var fault in base.Faults())
            yield return fault;
        if (PatchSize < 16 || PatchSize % 16 != 0)
            yield return $"{nameof(PatchSize)} is {PatchSize}; it must be a positive multiple of 16.";
        if (!double.IsFinite(ChannelRatio) || StageChannels(1) < BottleneckExpansion)
            yield return Invariant(
                $"{nameof(ChannelRatio)} is {ChannelRatio}; it must be at least {(double)BottleneckExpansion / StemChannels}.");
        if (BottlenecksPerBlock is < 0 or > MaxBlocks)
            yield return $"{nameof(BottlenecksPerBlock)} is {BottlenecksPerBlock}; it must be 0-{MaxBlocks}.";
        if (NumHeads < 1)
            yield return $"{nameof(NumHeads)} is {NumHeads}; it must be at least 1.";
        else if (EmbedDim < 1 || EmbedDim % NumHeads != 0)
            yield return $"{nameof(EmbedDim)} is {EmbedDim}; it must be a positive multiple of {nameof(NumHeads)} ({NumHeads}).";
        if (EmbedDim > MaxWidth || ChannelRatio * StageWidth > MaxWidth || MlpRatio * EmbedDim > MaxWidth)
            yield return $"{nameof(EmbedDim)}, {nameof(ChannelRatio)} and {nameof(MlpRatio)} make a layer wider than {MaxWidth}.";
        if (Depth > MaxBlocks || PatchSize > MaxWidth)
            yield return $"{nameof(Depth)} is {Depth} and {nameof(PatchSize)} is {PatchSize}; they must be at most {MaxBlocks} and " +
                $"{MaxWidth}.";
        else if ((long)Depth * (BottlenecksPerBlock + 2) > MaxAllBlocks)
            yield return $"{nameof(Depth)} is {Depth} and {nameof(BottlenecksPerBlock)} is {BottlenecksPerBlock}; together they make " +
                $"more than {MaxAllBlocks} convolution blocks.";
        if (Depth < 3 || Depth % 3 != 0)
            yield return $"{nameof(Depth)} is {Depth}; it must be a positive multiple of 3.";
        if (!double.IsFinite(MlpRatio) || MlpHidden < 1)
            yield return Invariant($"{nameof(MlpRatio)} is {MlpRatio}; it must be positive.");
        if (QkScale is { } scale && !(double.IsFinite(scale) && scale > 0))
            yield return Invariant($"{nameof(QkScale)} is {scale}; it must be positive, or null.");
        if (!(DropRate is >= 0 and < 1))
            yield return Invariant($"{nameof(DropRate)} is {DropRate}; it must be 0 to below 1.");
        if (!(AttentionDropRate is >= 0 and < 1))
            yield return Invariant($"{nameof(AttentionDropRate)} is {AttentionDropRate}; it must be 0 to below 1.");
        if (!Enum.IsDefined(DownSampling))
            yield return OptionFaults.NotDefined(nameof(DownSampling), DownSampling);
        if (PositionEmbeddingImageSize is < 1)
            yield return $"{nameof(PositionEmbeddingImageSize)} is {PositionEmbeddingImageSize}; it must be positive or null.";
    }
}

/// <summary>One coupling block (ConvTransBlock) of an architecture: widths in channels, strides in feature-map pixels.</summary>
internal readonly record struct CouplingBlock(int Index, int InChannels, int OutChannels, int Stride, int TokenStride, bool IsLast)
{
    public string Name => $"conv_trans_{Index}";

    /// <summary>Whether the first convolution block projects its shortcut: where a stage begins.</summary>
    public bool ProjectsShortcut => Stride != 1;
}
