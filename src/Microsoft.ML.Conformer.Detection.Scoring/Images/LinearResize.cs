namespace Microsoft.ML.Conformer.Detection.Images;

/// <summary>
/// Resizes photos as OpenCV's INTER_LINEAR does, which detectors are trained with: interpolated between the 2 x 2 nearest pixels, not
/// antialiased, in the same fixed-point numbers.
/// </summary>
internal static class LinearResize
{
    private const int Bits = 11, One = 1 << Bits;

    public static RgbImage Apply(RgbImage photo, int height, int width)
    {
        const int channels = RgbImage.Channels;
        if (photo.Height == height && photo.Width == width)
            return photo;
        var (rows, columns) = (Neighbors(photo.Height, height), Neighbors(photo.Width, width));
        var pixels = new byte[checked(height * width * channels)];
        // Rows of the photo, each interpolated between its pixels once.
        var (above, below) = (new int[width * channels], new int[width * channels]);
        var (inAbove, inBelow) = (-1, -1);
        for (var y = 0; y < height; y++)
        {
            var (first, second, part) = rows[y];
            if (inAbove != first)
            {
                (above, below, inAbove, inBelow) = (below, above, inBelow, inAbove);
                if (inAbove != first)
                    Interpolate(photo, inAbove = first, columns, above);
            }
            if (inBelow != second)
                Interpolate(photo, inBelow = second, columns, below);
            var row = pixels.AsSpan(y * width * channels, width * channels);
            var rest = One - part;
            for (var i = 0; i < row.Length; i++)
                row[i] = (byte)((((rest * (above[i] >> 4)) >> 16) + ((part * (below[i] >> 4)) >> 16) + 2) >> 2);
        }
        return new RgbImage(width, height, pixels);
    }

    private static void Interpolate(RgbImage photo, int y, (int First, int Second, int Part)[] columns, int[] values)
    {
        const int channels = RgbImage.Channels;
        var row = photo.Pixels.AsSpan(y * photo.Width * channels, photo.Width * channels);
        for (int x = 0, i = 0; x < columns.Length; x++)
        {
            var (first, second, part) = columns[x];
            for (var channel = 0; channel < channels; channel++, i++)
                values[i] = row[first * channels + channel] * (One - part) + row[second * channels + channel] * part;
        }
    }

    /// <summary>What each output lies between, and how far from the first to the second.</summary>
    private static (int First, int Second, int Part)[] Neighbors(int size, int newSize)
    {
        var scale = 1 / ((double)newSize / size);
        return [.. Enumerable.Range(0, newSize).Select(output =>
        {
            var position = (float)((output + 0.5) * scale - 0.5);
            var first = (int)MathF.Floor(position);
            var part = position - first;
            return first < 0 ? (0, 0, 0)
                : first >= size - 1 ? (size - 1, size - 1, 0)
                : (first, first + 1, (int)MathF.Round(part * One));
        })];
    }
}
