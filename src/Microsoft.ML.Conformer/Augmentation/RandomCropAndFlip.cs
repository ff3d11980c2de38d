namespace Microsoft.ML.Conformer.Augmentation;

/// <summary>A random part of the image, mirrored left to right by chance.</summary>
/// <param name="crop">Draws the part.</param>
/// <param name="flipProbability">Fraction (0-1) of images that are mirrored.</param>
internal sealed class RandomCropAndFlip(RandomResizedCrop crop, double flipProbability) : IImageAugmentation
{
    /// <summary>As the options say.</summary>
    public static RandomCropAndFlip Of(AugmentationOptions options) =>
        new(new RandomResizedCrop(options.CropAreaMin, options.CropAreaMax), options.HorizontalFlipProbability);

    /// <inheritdoc/>
    public (SourceBox Box, bool Flip) Draw(int width, int height, ref ImageRandom random)
    {
        var box = crop.Draw(width, height, ref random);
        return (box, random.NextDouble() < flipProbability);
    }
}
