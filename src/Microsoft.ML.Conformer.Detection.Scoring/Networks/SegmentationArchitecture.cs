namespace Microsoft.ML.Conformer.Detection;

/// <summary>
/// The shape of a network that gives each pixel a class (semantic segmentation): a backbone and a pyramid pooling head (Zhao et al.,
/// "Pyramid Scene Parsing Network", CVPR 2017). The defaults are those of mmsegmentation for Cityscapes.
/// </summary>
/// <remarks>
/// The backbone is the classifying network as it is, whose last map has 1/32 of the image's sides. mmsegmentation's own backbones leave
/// out the last two halvings and dilate their convolutions, so that its maps have 1/8. The figures that the authors of ConTNet report for
/// PSPNet on Cityscapes are of a setup that they published no code for: do not expect them from this one.
/// </remarks>
public sealed record SegmentationArchitecture
{
    /// <summary>Labels are bytes, and 255 is that of pixels that do not count.</summary>
    internal const int MaxClasses = 255;

    /// <summary>The levels that the head and the auxiliary head see: strides of 32 and 16 pixels.</summary>
    internal const int HeadLevel = 5, AuxiliaryLevel = 4;

    private const int MaxWidth = 65_536, MaxScales = 16, MaxScale = 64;

    /// <summary>The network that gives the feature maps; its heads have no part in it.</summary>
    public required VisionArchitecture Backbone { get; init; }

    /// <summary>Number of classes C, 2-255. Default 19, Cityscapes'.</summary>
    public int NumClasses { get; init; } = 19;

    /// <summary>Channels of each pooled map, and of the map that pixels are classified by. Default 512.</summary>
    public int Channels { get; init; } = 512;

    /// <summary>The backbone's last map is averaged to so many parts along each side; copied. Default 1, 2, 3 and 6.</summary>
    public IReadOnlyList<int> PoolScales { get; init => field = [.. value ?? []]; } = [1, 2, 3, 6];

    /// <summary>
    /// Whether in training a second head, on the map before the backbone's last one, helps to train the layers below it. Default true.
    /// </summary>
    public bool HasAuxiliaryHead { get; init; } = true;

    /// <summary>Channels of the second head. Default 256.</summary>
    public int AuxiliaryChannels { get; init; } = 256;

    /// <summary>Images are padded with zeros, at the bottom and at the right, to sides that are multiples of so many pixels.</summary>
    internal int SizeDivisor => Backbone.SizeDivisor;

    /// <summary>Whether both have the same shape.</summary>
    public bool Equals(SegmentationArchitecture? other) =>
        other is not null && Values == other.Values && PoolScales.SequenceEqual(other.PoolScales);

    /// <inheritdoc />
    public override int GetHashCode() => Values.GetHashCode();

    private (VisionArchitecture, int, int, bool, int) Values => (Backbone, NumClasses, Channels, HasAuxiliaryHead, AuxiliaryChannels);

    /// <summary>
    /// The layers with their output shapes, parameters and MACs for images of a height and width in pixels, which are padded as the
    /// network needs them; its text is a table. The auxiliary head is among them, though it is used in training alone.
    /// </summary>
    /// <exception cref="ArgumentException">The network cannot be built.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A size is not positive.</exception>
    public NetworkSummary Describe(int height = 512, int width = 1024)
    {
        if (Faults().ToList() is { Count: > 0 } faults)
            throw new ArgumentException("No network for segmentation has this architecture. " + string.Join(" ", faults));
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        var padded = new ImageSize(height, width).PaddedTo(SizeDivisor);
        return new NetworkSummary(Layers(padded.Height, padded.Width), padded.Height, padded.Width);
    }

    /// <summary>The layers for images of a height and width in pixels, multiples of <see cref="SizeDivisor"/>.</summary>
    internal IEnumerable<NetworkLayer> Layers(int height, int width) => SegmentationLayout.Layers(this, height, width);

    /// <summary>The state dict, with mmsegmentation's names.</summary>
    internal IEnumerable<NetworkTensor> StateDict() => Layers(SizeDivisor, SizeDivisor).SelectMany(layer => layer.Tensors);

    /// <summary>What is wrong with this architecture, one sentence for each fault; empty where it can be built.</summary>
    internal IEnumerable<string> Faults()
    {
        foreach (var fault in BackboneLayout.Faults(
            Backbone, HasAuxiliaryHead ? [AuxiliaryLevel, HeadLevel] : [HeadLevel], "pixels are classified by"))
            yield return fault;
        if (Backbone?.FixedImageSize is { } size)
            yield return $"{nameof(Backbone)} takes only images of {size} x {size} pixels; take one without a position embedding.";
        if (NumClasses is < 2 or > MaxClasses)
            yield return $"{nameof(NumClasses)} is {NumClasses}; it must be 2-{MaxClasses}.";
        if (Channels is < 1 or > MaxWidth)
            yield return $"{nameof(Channels)} is {Channels}; it must be 1-{MaxWidth}.";
        if (AuxiliaryChannels is < 1 or > MaxWidth)
            yield return $"{nameof(AuxiliaryChannels)} is {AuxiliaryChannels}; it must be 1-{MaxWidth}.";
        if (PoolScales.Count is 0 or > MaxScales || PoolScales.Any(scale => scale is < 1 or > MaxScale))
            yield return $"{nameof(PoolScales)} is {string.Join(", ", PoolScales)}; there must be 1-{MaxScales}, each 1-{MaxScale}.";
    }
}
