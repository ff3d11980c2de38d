namespace Microsoft.ML.Conformer.Detection.Masks;

/// <summary>
/// What a mask head should give for a box: the part of the object's mask inside it, resampled to a square map and on from a half on
/// (mmdetection's crop_and_resize: RoIAlign of the bitmap, aligned, with as many samples as the box has pixels).
/// </summary>
internal static class MaskTarget
{
    private const float Threshold = 0.5f;

    /// <summary>1 and 0.</summary>
    /// <inheritdoc cref="Coverage"/>
    public static float[] Of(RunLengthMask mask, Box box, int side) =>
        [.. Coverage(mask, box, side).Select(value => value >= Threshold ? 1f : 0f)];

    /// <summary>Shares of the map's cells that the object covers.</summary>
    /// <param name="mask">Of the object, in the image that the box is in, its padding included.</param>
    /// <param name="box">What is outside of the image is cut off.</param>
    /// <param name="side">Of the map.</param>
    /// <returns>[side, side]; 0 where the box has no area.</returns>
    public static float[] Coverage(RunLengthMask mask, Box box, int side)
    {
        var coverage = new float[side * side];
        var clipped = box.ClippedTo(new ImageSize(mask.Height, mask.Width));
        if (!clipped.HasArea)
            return coverage;
        var columns = Taps(clipped.X0, clipped.X1, side, mask.Width);
        var rows = Taps(clipped.Y0, clipped.Y1, side, mask.Height);
        var sums = ColumnSums(mask, rows, columns, side, out var first);
        for (var column = 0; column < side; column++)
            for (var row = 0; row < side; row++)
            {
                var sum = 0.0;
                foreach (var (at, weight) in columns[column])
                    sum += weight * sums[(at - first) * side + row];
                coverage[row * side + column] = (float)sum;
            }
        return coverage;
    }

    /// <summary>
    /// What each column of the image adds to the rows of the map, [columns, side]. A run adds the difference of two sums of weights, so
    /// that the time does not depend on its length.
    /// </summary>
    private static double[] ColumnSums(
        RunLengthMask mask, (int At, double Weight)[][] rows, (int At, double Weight)[][] columns, int side, out int first)
    {
        var top = rows[0][0].At;
        var height = rows[^1][^1].At + 1 - top;
        var below = new double[(height + 1) * side];
        for (var row = 0; row < side; row++)
            foreach (var (at, weight) in rows[row])
                below[(at - top + 1) * side + row] += weight;
        for (var i = side; i < below.Length; i++)
            below[i] += below[i - side];

        first = columns[0][0].At;
        var sums = new double[(columns[^1][^1].At + 1 - first) * side];
        var runs = new ColumnRuns(mask.Height, mask.Width, mask.Runs);
        for (var column = 0; column < sums.Length / side; column++)
            foreach (var (start, end) in runs[first + column])
            {
                var (from, to) = (Math.Clamp(start - top, 0, height) * side, Math.Clamp(end - top, 0, height) * side);
                for (var row = 0; row < side; row++)
                    sums[column * side + row] += below[to + row] - below[from + row];
            }
        return sums;
    }

    /// <summary>For each cell along a side of the box the pixels that it is the mean of, with their weights.</summary>
    private static (int At, double Weight)[][] Taps(float from, float to, int cells, int size)
    {
        var (start, cell) = (from - 0.5f, (to - from) / cells);
        var samples = (int)MathF.Ceiling(cell);
        return [.. Enumerable.Range(0, cells).Select(index => Enumerable.Range(0, samples).SelectMany(sample =>
        {
            var at = start + index * cell + (sample + 0.5f) * cell / samples;
            // The box is inside the image, so that no sample is more than half a pixel off.
            var low = Math.Clamp((int)at, 0, size - 1);
            var part = low == size - 1 ? 0 : Math.Max(at, 0) - low;
            return new[] { (low, (1.0 - part) / samples), (Math.Min(low + 1, size - 1), (double)part / samples) };
        }).ToArray())];
    }
}
