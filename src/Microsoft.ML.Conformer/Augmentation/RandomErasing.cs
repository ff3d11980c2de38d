using System.Buffers;

namespace Microsoft.ML.Conformer.Augmentation;

/// <summary>Draws a box of an image and fills it with noise (Zhong et al., "Random Erasing Data Augmentation", 2020).</summary>
internal static class RandomErasing
{
    private const int Tries = 10;

    /// <summary>A box, smaller than the image in both directions; null where chance, or ten misfits, leave the image whole.</summary>
    public static ErasedBox? Draw(RandomErasingRecipe recipe, int width, int height, ImageRandom random)
    {
        if (random.NextDouble() > recipe.Probability)
            return null;
        var logAspect = Math.Log(recipe.MinAspect);
        for (var i = 0; i < Tries; i++)
        {
            var area = (double)width * height * random.NextDouble(recipe.MinArea, recipe.MaxArea);
            var aspect = Math.Exp(random.NextDouble(logAspect, -logAspect));
            var boxHeight = (int)Math.Round(Math.Sqrt(area * aspect));
            var boxWidth = (int)Math.Round(Math.Sqrt(area / aspect));
            if (boxWidth < width && boxHeight < height)
            {
                var (top, left) = (random.NextInt32(height - boxHeight + 1), random.NextInt32(width - boxWidth + 1));
                return new ErasedBox(left, top, boxWidth, boxHeight);
            }
        }
        return null;
    }

    /// <summary>Erases a part of a normalized image of S x S pixels, [S, S, 3].</summary>
    public static void Erase(Span<float> pixels, int imageSize, ErasedBox box, ImageRandom random)
    {
        for (var row = 0; row < box.Height; row++)
            foreach (ref var value in pixels.Slice(box.FirstValue(row, imageSize), box.RowLength))
                value = (float)random.NextNormal();
    }

    /// <summary>Erases a part of an image that is not normalized yet, [S, S, 3].</summary>
    public static void Erase(Span<byte> pixels, ImagePreprocessor preprocessor, ErasedBox box, ImageRandom random)
    {
        var noise = ArrayPool<float>.Shared.Rent(box.RowLength);
        for (var row = 0; row < box.Height; row++)
        {
            foreach (ref var value in noise.AsSpan(0, box.RowLength))
                value = (float)random.NextNormal();
            preprocessor.Denormalize(noise.AsSpan(0, box.RowLength), pixels[box.FirstValue(row, preprocessor.ImageSize)..]);
        }
        ArrayPool<float>.Shared.Return(noise);
    }
}

/// <summary>A part of an image, in pixels.</summary>
internal readonly record struct ErasedBox(int Left, int Top, int Width, int Height)
{
    /// <summary>The values of one of its rows.</summary>
    public int RowLength => Width * RgbImage.Channels;

    /// <summary>Where one of its rows begins among the values of an image of S x S pixels.</summary>
    public int FirstValue(int row, int imageSize) => ((Top + row) * imageSize + Left) * RgbImage.Channels;
}
