namespace Microsoft.ML.Conformer.Detection;

/// <summary>
/// The shape of a detector: everything that fixes its parameters and its anchors. The defaults are those of mmdetection 2.8, as the
/// authors of the Conformer used it.
/// </summary>
public sealed record DetectorArchitecture
{
    /// <summary>Levels of the pyramid of a two-stage detector that regions are taken from: strides of 4 to 32 pixels.</summary>
    internal const int RegionLevels = 4;

    /// <summary>Regions are resampled to so many values in height and width for boxes, and for masks; masks have twice as many.</summary>
    internal const int BoxBins = 7, MaskBins = 14, MaskSide = 28;

    /// <summary>3x3 convolutions of the mask head, and of each branch of RetinaNet.</summary>
    internal const int MaskConvolutions = 4, RetinaConvolutions = 4;

    private const int MaxWidth = 65_536, MaxClasses = 65_536;

    /// <summary>The network that gives the feature maps; its heads have no part in it.</summary>
    public required VisionArchitecture Backbone { get; init; }

    /// <summary>What finds objects. Default <see cref="DetectionHead.FasterRcnn"/>.</summary>
    public DetectionHead Head { get; init; }

    /// <summary>Number of classes C, at least 1. Default 80, COCO's.</summary>
    public int NumClasses { get; init; } = 80;

    /// <summary>Channels of the pyramid's maps, and of the heads' convolutions. Default 256.</summary>
    public int PyramidChannels { get; init; } = 256;

    /// <summary>Width of the two linear layers that classify regions. Default 1024.</summary>
    public int HiddenWidth { get; init; } = 1024;

    /// <summary>
    /// Regions whose boxes have a geometric mean side below twice this many pixels are taken from the finest map, those below four times
    /// from the next, and so on. Default 56.
    /// </summary>
    public double FinestScale { get; init; } = 56;

    /// <summary>Height over width of the anchors; copied. Default 0.5, 1 and 2.</summary>
    public IReadOnlyList<double> AnchorRatios { get; init => field = [.. value ?? []]; } = [0.5, 1, 2];

    /// <summary>
    /// Side of an anchor of ratio 1 over its map's stride, one or more for each place; copied. Null (default): 8, and for
    /// RetinaNet 4, 5.04 and 6.35, which are a third of an octave apart.
    /// </summary>
    public IReadOnlyList<double>? AnchorScales { get; init => field = value is null ? null : [.. value]; }

    /// <summary>Whether regions are proposed first.</summary>
    internal bool IsTwoStage => Head != DetectionHead.RetinaNet;

    internal bool HasMasks => Head is DetectionHead.MaskRcnn or DetectionHead.CascadeMaskRcnn;

    /// <summary>The pyramid's levels, always five: level l has a stride of 2^l pixels.</summary>
    internal IReadOnlyList<int> Levels => IsTwoStage ? [2, 3, 4, 5, 6] : [3, 4, 5, 6, 7];

    /// <summary>The levels that the backbone gives.</summary>
    internal IReadOnlyList<int> BackboneLevels => IsTwoStage ? [2, 3, 4, 5] : [3, 4, 5];

    /// <summary>How often regions are classified and corrected: in a cascade three times.</summary>
    internal IReadOnlyList<RegionStage> Stages => Head switch
    {
        DetectionHead.RetinaNet => [],
        DetectionHead.CascadeMaskRcnn =>
        [
            new("0.", new BoxCodec(0.1, 0.2), 0.5, 1, IsCascaded: true),
            new("1.", new BoxCodec(0.05, 0.1), 0.6, 0.5, IsCascaded: true),
            new("2.", new BoxCodec(0.033, 0.067), 0.7, 0.25, IsCascaded: true),
        ],
        _ => [new("", new BoxCodec(0.1, 0.2), 0.5, 1, IsCascaded: false)],
    };

    internal IReadOnlyList<double> Scales => AnchorScales ?? (IsTwoStage ? [8] : [4, 4 * Math.Pow(2, 1.0 / 3), 4 * Math.Pow(2, 2.0 / 3)]);

    /// <summary>Anchors at each place of a map.</summary>
    internal int AnchorsPerPlace => Scales.Count * AnchorRatios.Count;

    /// <summary>Image sides are padded to multiples of this many pixels.</summary>
    internal int SizeDivisor => Backbone.SizeDivisor;

    /// <summary>The index of the map that a region is taken from, 0 for the finest.</summary>
    internal int MapOf(Box region) => PyramidLevel.Of(region, FinestScale, RegionLevels);

    /// <summary>Whether both have the same shape.</summary>
    public bool Equals(DetectorArchitecture? other) =>
        other is not null && Values == other.Values && AnchorRatios.SequenceEqual(other.AnchorRatios) && Scales.SequenceEqual(other.Scales);

    /// <inheritdoc />
    public override int GetHashCode() => Values.GetHashCode();

    private (VisionArchitecture, DetectionHead, int, int, int, double) Values =>
        (Backbone, Head, NumClasses, PyramidChannels, HiddenWidth, FinestScale);

    /// <summary>
    /// The layers with their output shapes, parameters and MACs for images of a height and width in pixels, padding included; its text is
    /// a table. Layers that see regions have the shape for one, and MACs for 1,000 regions and 100 masks, as mmdetection counts.
    /// </summary>
    /// <exception cref="ArgumentException">The detector cannot be built, or the backbone does not take images of that size.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A size is not positive.</exception>
    public NetworkSummary Describe(int height = 800, int width = 1344)
    {
        if (Faults().ToList() is { Count: > 0 } faults)
            throw new ArgumentException("No detector has this architecture. " + string.Join(" ", faults));
        if (Backbone.SizeFault(height, width) is { } fault)
            throw new ArgumentException(fault);
        return new NetworkSummary(Layers(height, width), height, width);
    }

    /// <summary>The layers for images of a height and width in pixels: the backbone's, the pyramid's, the heads'.</summary>
    internal IEnumerable<NetworkLayer> Layers(int height, int width) => DetectorLayout.Layers(this, height, width);

    /// <summary>The state dict, with the official names.</summary>
    internal IEnumerable<NetworkTensor> StateDict() => Layers(SizeDivisor, SizeDivisor).SelectMany(layer => layer.Tensors);

    /// <summary>What is wrong with this architecture, one sentence for each fault; empty where it can be built.</summary>
    internal IEnumerable<string> Faults()
    {
        static string Invariant(FormattableString text) => FormattableString.Invariant(text);
        foreach (var fault in BackboneLayout.Faults(Backbone, BackboneLevels, "the pyramid is built on"))
            yield return fault;
        if (!Enum.IsDefined(Head))
            yield return OptionFaults.NotDefined(nameof(Head), Head);
        if (NumClasses is < 1 or > MaxClasses)
            yield return $"{nameof(NumClasses)} is {NumClasses}; it must be 1-{MaxClasses}.";
        if (PyramidChannels is < 1 or > MaxWidth)
            yield return $"{nameof(PyramidChannels)} is {PyramidChannels}; it must be 1-{MaxWidth}.";
        if (HiddenWidth is < 1 or > MaxWidth)
            yield return $"{nameof(HiddenWidth)} is {HiddenWidth}; it must be 1-{MaxWidth}.";
        if (!(FinestScale > 0 && double.IsFinite(FinestScale)))
            yield return Invariant($"{nameof(FinestScale)} is {FinestScale}; it must be positive.");
        foreach (var (name, values) in new[] { (nameof(AnchorRatios), AnchorRatios), (nameof(AnchorScales), Scales) })
            if (values.Count is 0 or > 16 || values.Any(value => !(value > 0 && double.IsFinite(value))))
                yield return Invariant($"{name} has {values.Count} values; there must be 1-16, all positive.");
    }
}

/// <summary>One time that regions are classified and corrected.</summary>
/// <param name="Prefix">Of its modules' names, behind "bbox_head." or "mask_head.".</param>
/// <param name="Codec">How corrections are written.</param>
/// <param name="PositiveOverlap">The IoU from which on a region is of an object.</param>
/// <param name="LossWeight">What its losses are multiplied by.</param>
/// <param name="IsCascaded">Whether boxes are corrected alike for all classes, with a smooth loss.</param>
internal sealed record RegionStage(string Prefix, BoxCodec Codec, double PositiveOverlap, double LossWeight, bool IsCascaded);
