using Microsoft.ML.Conformer.Data.Images;

namespace Microsoft.ML.Conformer.Augmentation;

/// <summary>A random part of the image, mirrored left to right by chance.</summary>
internal sealed class RandomCropAndFlip(AugmentationOptions options) : IImageAugmentation
{
    private readonly RandomResizedCrop _crop = new(options.CropAreaMin, options.CropAreaMax);

    /// <inheritdoc/>
    public (SourceBox Box, bool Flip) Draw(int width, int height, ref ImageRandom random)
    {
        var box = _crop.Draw(width, height, ref random);
        return (box, random.NextDouble() < options.HorizontalFlipProbability);
    }
}
