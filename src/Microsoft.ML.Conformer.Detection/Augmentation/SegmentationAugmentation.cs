namespace Microsoft.ML.Conformer.Detection;

/// <summary>
/// What is changed at random in each image that a network for segmentation is trained with. The defaults are mmsegmentation's for PSPNet
/// but for colors, which it changes too.
/// </summary>
public sealed record SegmentationAugmentation
{
    /// <summary>
    /// The image is resized to between this, 0.1-10, and <see cref="LargestScale"/> times the size that it is scored at. Default 0.5.
    /// </summary>
    public double SmallestScale { get; init; } = 0.5;

    /// <summary>The largest of these scales, <see cref="SmallestScale"/> to 10. Default 2.</summary>
    public double LargestScale { get; init; } = 2;

    /// <summary>
    /// The share, above 0 to 1, of a crop's pixels that one class may have: of up to 11 random crops the first one is taken that has at
    /// least two classes and none with so much, or the last one. Default 0.75; 1: the first one is taken.
    /// </summary>
    public double MaxClassShare { get; init; } = 0.75;

    /// <summary>The chance, 0-1, with which an image is mirrored left to right. Default 0.5.</summary>
    public double FlipProbability { get; init; } = 0.5;

    /// <summary>
    /// Changes of brightness, contrast, saturation and hue; null (default) for none. mmsegmentation's photometric distortion has about
    /// 0.125, 0.5, 0.5 and 0.1, each with a chance of a half.
    /// </summary>
    public ColorJitterRecipe? Colors { get; init; }

    internal IEnumerable<string> Faults()
    {
        const double least = 0.1, most = 10;
        foreach (var fault in OptionFaults.Outside(nameof(SmallestScale), SmallestScale, least, most)
            .Concat(OptionFaults.Outside(nameof(LargestScale), LargestScale, least, most))
            .Concat(OptionFaults.Outside(nameof(FlipProbability), FlipProbability, 0, 1)))
            yield return fault;
        if (LargestScale < SmallestScale)
            yield return FormattableString.Invariant(
                $"{nameof(LargestScale)} is {LargestScale}; it must be at least {nameof(SmallestScale)}, {SmallestScale}.");
        if (!(MaxClassShare is > 0 and <= 1))
            yield return FormattableString.Invariant($"{nameof(MaxClassShare)} is {MaxClassShare}; it must be above 0 to 1.");
    }
}
