namespace Microsoft.ML.Conformer.Detection;

/// <summary>
/// What is changed at random in each image that a detector is trained with. The defaults are the Conformer authors': mirrored with a
/// chance of a half, nothing else.
/// </summary>
public sealed record DetectionAugmentation
{
    /// <summary>The chance, 0-1, with which an image is mirrored left to right. Default 0.5.</summary>
    public double FlipProbability { get; init; } = 0.5;

    /// <summary>
    /// Scale jitter: the image is resized to between this, 0.1-1, and 1 times the size that it is otherwise resized to. Default 1: none.
    /// </summary>
    public double SmallestScale { get; init; } = 1;

    /// <summary>
    /// Large-scale jitter (Ghiasi et al., "Simple Copy-Paste", CVPR 2021): the image is resized to between a tenth and twice the size,
    /// and cut to it or left with an empty margin. Default false. It takes the place of <see cref="SmallestScale"/>.
    /// </summary>
    public bool LargeScaleJitter { get; init; }

    /// <summary>
    /// The chance, 0-1, with which an image is put together with three others (mosaic; Bochkovskiy et al., "YOLOv4", 2020). Default 0.
    /// </summary>
    public double MosaicProbability { get; init; }

    /// <summary>
    /// Changes of brightness, contrast, saturation and hue; null (default) for none. SSD's are about 0.125, 0.5, 0.5 and 0.05.
    /// </summary>
    public ColorJitterRecipe? Colors { get; init; }

    internal IEnumerable<string> Faults() =>
    [
        .. OptionFaults.Outside(nameof(FlipProbability), FlipProbability, 0, 1),
        .. OptionFaults.Outside(nameof(SmallestScale), SmallestScale, 0.1, 1),
        .. OptionFaults.Outside(nameof(MosaicProbability), MosaicProbability, 0, 1),
    ];
}
