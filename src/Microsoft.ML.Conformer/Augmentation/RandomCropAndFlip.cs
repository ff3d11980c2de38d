namespace Microsoft.ML.Conformer.Augmentation;

/// <summary>A random part of the image, mirrored left to right by chance.</summary>
internal sealed class RandomCropAndFlip(RandomResizedCrop crop, double flipProbability) : IImageAugmentation
{
    public static RandomCropAndFlip Of(AugmentationOptions options) =>
        new(new RandomResizedCrop(options.CropAreaMin, options.CropAreaMax), options.HorizontalFlipProbability);

    public (SourceBox Box, bool Flip) Draw(int width, int height, ref ImageRandom random) =>
        (crop.Draw(width, height, ref random), random.NextDouble() < flipProbability);
}

/// <summary>What chance does to one training image before it joins a batch.</summary>
internal interface IImageAugmentation
{
    /// <summary>
    /// Draws the part of an image that becomes the network's input, and whether it is mirrored left to right. Nothing but the size in
    /// pixels and the image's stream in this epoch may decide.
    /// </summary>
    (SourceBox Box, bool Flip) Draw(int width, int height, ref ImageRandom random);
}
