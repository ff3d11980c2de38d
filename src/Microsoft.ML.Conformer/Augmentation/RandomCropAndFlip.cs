using System.Runtime.InteropServices;

namespace Microsoft.ML.Conformer.Augmentation;

/// <summary>A random part of the image, resized to the network's input and mirrored left to right by chance.</summary>
internal sealed class RandomCropAndFlip(RandomResizedCrop crop, double flipProbability) : IImageAugmentation
{
    public static RandomCropAndFlip Of(AugmentationRecipe recipe) =>
        new(new RandomResizedCrop(recipe.CropAreaMin, recipe.CropAreaMax), recipe.HorizontalFlipProbability);

    public void Apply(RgbImage image, ImagePreprocessor preprocessor, ref ImageRandom random, Span<byte> destination)
    {
        var (box, size) = (crop.Draw(image.Width, image.Height, ref random), preprocessor.ImageSize);
        Resampler.Resize(image, box, size, size, preprocessor.Kernel, destination);
        if (random.NextDouble() >= flipProbability)
            return;
        var pixels = MemoryMarshal.Cast<byte, Pixel>(destination);
        for (var row = 0; row < size; row++)
            pixels.Slice(row * size, size).Reverse();
    }

    private readonly record struct Pixel(byte Red, byte Green, byte Blue);
}
