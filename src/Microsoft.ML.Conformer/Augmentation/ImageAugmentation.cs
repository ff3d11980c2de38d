using System.Buffers;

namespace Microsoft.ML.Conformer.Augmentation;

/// <summary>Makes of a training image what the network sees of it in one epoch, as a recipe says. Stateless and thread-safe.</summary>
internal sealed class ImageAugmentation(AugmentationRecipe recipe)
{
    private readonly RandomResizedCrop _crop =
        new(recipe.CropAreaMin, recipe.CropAreaMax, recipe.CropAspectMin, recipe.CropAspectMax);

    /// <summary>Nothing but the recipe, the image and its stream decides.</summary>
    /// <param name="image">The image as it is kept, of any size.</param>
    /// <param name="preprocessor">Has the network's image size S, its resizing filter and its normalization.</param>
    /// <param name="random">The stream of this image in this epoch.</param>
    /// <param name="destination">Receives normalized colors, [S, S, 3].</param>
    public void Apply(RgbImage image, ImagePreprocessor preprocessor, ImageRandom random, Span<float> destination)
    {
        var size = preprocessor.ImageSize;
        var buffer = ArrayPool<byte>.Shared.Rent(preprocessor.ByteCount);
        var pixels = new PixelSpan(buffer.AsSpan(0, preprocessor.ByteCount), size, size);
        ResizeCrop(image, _crop.Draw(image.Width, image.Height, random), preprocessor, pixels.Values);
        var fill = MeanColor(preprocessor);
        foreach (var operation in DrawOperations(random))
            operation.Apply(pixels, fill);
        var erased = recipe.RandomErasing is { } erasing ? RandomErasing.Draw(erasing, size, size, random) : null;
        if (erased is { } colors && recipe.RandomErasing!.BeforeNormalization)
            RandomErasing.Erase(pixels.Values, preprocessor, colors, random);
        preprocessor.Normalize(pixels.Values, destination, PixelLayout.Nhwc);
        if (erased is { } values && !recipe.RandomErasing!.BeforeNormalization)
            RandomErasing.Erase(destination, size, values, random);
        ArrayPool<byte>.Shared.Return(buffer);
    }

    /// <summary>Cuts the crop out first, as timm does, so that the resizing filter sees nothing beyond it.</summary>
    private static void ResizeCrop(RgbImage image, SourceBox box, ImagePreprocessor preprocessor, Span<byte> destination)
    {
        var (width, height) = ((int)(box.Right - box.Left), (int)(box.Bottom - box.Top));
        var rowBytes = width * RgbImage.Channels;
        var buffer = ArrayPool<byte>.Shared.Rent(height * rowBytes);
        for (var y = 0; y < height; y++)
            image.Pixels.AsSpan((((int)box.Top + y) * image.Width + (int)box.Left) * RgbImage.Channels, rowBytes)
                .CopyTo(buffer.AsSpan(y * rowBytes));
        var (crop, size) = (new RgbImage(width, height, buffer), preprocessor.ImageSize);
        Resampler.Resize(crop, SourceBox.All(crop), size, size, preprocessor.Kernel, destination);
        ArrayPool<byte>.Shared.Return(buffer);
    }

    /// <summary>What is done to the resized crop, in order.</summary>
    private IEnumerable<PixelOperation> DrawOperations(ImageRandom random)
    {
        if (random.NextDouble() < recipe.HorizontalFlipProbability)
            yield return new PixelOperation(PixelOperationKind.Mirror);
        if (recipe.RotationDegrees > 0)
            yield return new PixelOperation(
                PixelOperationKind.Rotate, random.NextDouble(-recipe.RotationDegrees, recipe.RotationDegrees));
        if (recipe.ThreeAugment)
            yield return ColorChanges.DrawThreeAugment(random);
        if (recipe.AutoAugment)
            foreach (var operation in AutoAugment.Draw(random))
                yield return operation;
        if (recipe.RandAugment is { } randAugment)
            foreach (var operation in RandAugment.Draw(randAugment, random))
                yield return operation;
        if (recipe.ColorJitter is { } jitter)
            foreach (var operation in ColorChanges.DrawJitter(jitter, random))
                yield return operation;
    }

    /// <summary>The color that is normalized to 0.</summary>
    private static RgbColor MeanColor(ImagePreprocessor preprocessor)
    {
        Span<byte> color = stackalloc byte[RgbImage.Channels];
        preprocessor.Denormalize([0, 0, 0], color);
        return new RgbColor(color[0], color[1], color[2]);
    }
}
