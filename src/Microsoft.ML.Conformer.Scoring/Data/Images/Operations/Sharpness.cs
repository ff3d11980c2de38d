using System.Buffers;

namespace Microsoft.ML.Conformer.Data.Images.Operations;

/// <summary>Blends pixels with a smoothed image, which has the mean of 3 x 3 pixels, the middle one five times; the border stays.</summary>
internal static class Sharpness
{
    private const int Channels = RgbImage.Channels, Weights = 13;

    public static void Multiply(PixelSpan image, float factor)
    {
        var rowLength = image.RowLength;
        var copy = ArrayPool<byte>.Shared.Rent(image.Values.Length);
        var sums = ArrayPool<int>.Shared.Rent(rowLength);
        image.Values.CopyTo(copy);
        for (var row = 1; row < image.Height - 1; row++)
        {
            var above = copy.AsSpan((row - 1) * rowLength, rowLength);
            var middle = copy.AsSpan(row * rowLength, rowLength);
            var below = copy.AsSpan((row + 1) * rowLength, rowLength);
            for (var i = 0; i < middle.Length; i++)
                sums[i] = above[i] + middle[i] + below[i];
            var output = image.Row(row);
            for (var i = Channels; i < rowLength - Channels; i++)
            {
                var sum = sums[i - Channels] + sums[i] + sums[i + Channels] + 4 * middle[i];
                output[i] = Blending.Blend((2 * sum + Weights) / (2 * Weights), middle[i], factor);
            }
        }
        ArrayPool<int>.Shared.Return(sums);
        ArrayPool<byte>.Shared.Return(copy);
    }
}
