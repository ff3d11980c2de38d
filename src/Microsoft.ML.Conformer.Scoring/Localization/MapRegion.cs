using System.Buffers;

namespace Microsoft.ML.Conformer.Localization;

/// <summary>
/// Connected pixels of a map. Pixels that touch at a corner are connected (8 neighbors), as in OpenCV's contours, which the published
/// evaluations take (Choe et al., "Evaluating Weakly Supervised Object Localization Methods Right", CVPR 2020): a thin, slanting part of an
/// object is not torn off.
/// </summary>
/// <param name="Left">First column.</param>
/// <param name="Top">First row.</param>
/// <param name="Right">The column after the last.</param>
/// <param name="Bottom">The row after the last.</param>
/// <param name="Count">Number of pixels.</param>
/// <param name="CenterX">The mean of the pixels' middles, from the map's left edge.</param>
/// <param name="CenterY">The same from the upper edge.</param>
internal readonly record struct MapRegion(int Left, int Top, int Right, int Bottom, int Count, double CenterX, double CenterY)
{
    /// <summary>The region with the most pixels among those of at least a level; of equal ones that which begins first.</summary>
    /// <param name="values">[.., width].</param>
    /// <param name="width">In pixels.</param>
    /// <param name="level">At most the maximum.</param>
    public static MapRegion Largest(ReadOnlySpan<float> values, int width, double level)
    {
        var isOpen = ArrayPool<bool>.Shared.Rent(values.Length);
        var stack = ArrayPool<int>.Shared.Rent(values.Length);
        for (var i = 0; i < values.Length; i++)
            isOpen[i] = values[i] >= level;
        var largest = default(MapRegion);
        for (var start = 0; start < values.Length; start++)
            if (isOpen[start] && Take(start, isOpen.AsSpan(0, values.Length), width, stack) is var region && region.Count > largest.Count)
                largest = region;
        ArrayPool<int>.Shared.Return(stack);
        ArrayPool<bool>.Shared.Return(isOpen);
        return largest;
    }

    /// <summary>Closes all open pixels that are connected with one.</summary>
    private static MapRegion Take(int start, Span<bool> isOpen, int width, Span<int> stack)
    {
        var height = isOpen.Length / width;
        int left = width, top = height, right = 0, bottom = 0, count = 0, waiting = 0;
        long sumX = 0, sumY = 0;
        (stack[waiting++], isOpen[start]) = (start, false);
        while (waiting > 0)
        {
            var (y, x) = Math.DivRem(stack[--waiting], width);
            (left, top, right, bottom) = (Math.Min(left, x), Math.Min(top, y), Math.Max(right, x + 1), Math.Max(bottom, y + 1));
            (count, sumX, sumY) = (count + 1, sumX + x, sumY + y);
            for (var row = Math.Max(y - 1, 0); row <= Math.Min(y + 1, height - 1); row++)
                for (var column = Math.Max(x - 1, 0); column <= Math.Min(x + 1, width - 1); column++)
                    if (isOpen[row * width + column])
                        (stack[waiting++], isOpen[row * width + column]) = (row * width + column, false);
        }
        return new MapRegion(left, top, right, bottom, count, (double)sumX / count + 0.5, (double)sumY / count + 0.5);
    }
}
