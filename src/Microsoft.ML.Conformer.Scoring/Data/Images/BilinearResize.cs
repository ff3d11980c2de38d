namespace Microsoft.ML.Conformer.Data.Images;

/// <summary>
/// Resizes a map of numbers as PyTorch's <c>interpolate(mode="bilinear", align_corners=False)</c> does: interpolated between the 2 x 2
/// nearest, beyond the edge those at the edge; not antialiased. It is for enlarging, such as a class activation map to its image's size.
/// </summary>
internal static class BilinearResize
{
    /// <param name="map">[<paramref name="height"/>, <paramref name="width"/>].</param>
    /// <param name="height">Of the map.</param>
    /// <param name="width">Of the map.</param>
    /// <param name="resized">[<paramref name="newHeight"/>, <paramref name="newWidth"/>].</param>
    /// <param name="newHeight">Of the result.</param>
    /// <param name="newWidth">Of the result.</param>
    public static void Apply(ReadOnlySpan<float> map, int height, int width, Span<float> resized, int newHeight, int newWidth)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        var values = map[..checked(height * width)];
        for (int row = 0, i = 0; row < newHeight; row++)
        {
            var (top, bottom, partY) = Neighbors(row, height, newHeight);
            var above = values.Slice(top * width, width);
            var below = values.Slice(bottom * width, width);
            for (var column = 0; column < newWidth; column++, i++)
            {
                var (left, right, partX) = Neighbors(column, width, newWidth);
                resized[i] = (float)Between(
                    Between(above[left], above[right], partX), Between(below[left], below[right], partX), partY);
            }
        }
    }

    /// <summary>What an output lies between, and how far from the first to the second.</summary>
    private static (int First, int Second, double Part) Neighbors(int output, int size, int newSize)
    {
        var position = Math.Max((output + 0.5) * size / newSize - 0.5, 0);
        var first = Math.Min((int)position, size - 1);
        return (first, Math.Min(first + 1, size - 1), position - first);
    }

    /// <summary>Exact where both are the same, so that a plateau stays one.</summary>
    private static double Between(double first, double second, double part) => first + (second - first) * part;
}
