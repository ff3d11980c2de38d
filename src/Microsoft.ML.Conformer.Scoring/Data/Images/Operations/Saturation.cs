namespace Microsoft.ML.Conformer.Data.Images.Operations;

/// <summary>Blends pixels with their gray (ITU-R 601: 0.299 R + 0.587 G + 0.114 B, in 16-bit fractions, rounded).</summary>
internal static class Saturation
{
    private const int Channels = RgbImage.Channels;

    public static void Multiply(Span<byte> pixels, float factor)
    {
        for (var i = 0; i <= pixels.Length - Channels; i += Channels)
        {
            var pixel = pixels.Slice(i, Channels);
            var gray = Gray(pixel);
            pixel[0] = Blending.Blend(gray, pixel[0], factor);
            pixel[1] = Blending.Blend(gray, pixel[1], factor);
            pixel[2] = Blending.Blend(gray, pixel[2], factor);
        }
    }

    public static void Remove(Span<byte> pixels)
    {
        for (var i = 0; i <= pixels.Length - Channels; i += Channels)
        {
            var pixel = pixels.Slice(i, Channels);
            pixel.Fill((byte)Gray(pixel));
        }
    }

    /// <summary>The mean of the pixels' gray, rounded.</summary>
    public static int MeanGray(ReadOnlySpan<byte> pixels)
    {
        var sum = 0L;
        for (var i = 0; i <= pixels.Length - Channels; i += Channels)
            sum += Gray(pixels.Slice(i, Channels));
        return (int)((double)sum / (pixels.Length / Channels) + 0.5);
    }

    private static int Gray(ReadOnlySpan<byte> pixel) => (19595 * pixel[0] + 38470 * pixel[1] + 7471 * pixel[2] + 32768) >> 16;
}
