namespace Microsoft.ML.Conformer.Augmentation;

/// <summary>A random part of the image, mirrored left to right by chance.</summary>
/// <param name="crop">Draws the part.</param>
/// <param name="flipProbability">Fraction (0-1) of images that are mirrored.</param>
internal sealed class RandomCropAndFlip(RandomResizedCrop crop, double flipProbability) : IImageAugmentation
{
    public static RandomCropAndFlip Of(AugmentationOptions options) =>
        new(new RandomResizedCrop(options.CropAreaMin, options.CropAreaMax), options.HorizontalFlipProbability);

    public (SourceBox Box, bool Flip) Draw(int width, int height, ref ImageRandom random) =>
        (crop.Draw(width, height, ref random), random.NextDouble() < flipProbability);
}
