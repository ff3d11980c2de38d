namespace Microsoft.ML.Conformer.Detection.Masks;

/// <summary>Changes masks as their images are changed, run by run.</summary>
internal static class MaskGeometry
{
    /// <summary>Resized to the nearest pixel, as OpenCV's INTER_NEAREST does.</summary>
    public static RunLengthMask Resized(this RunLengthMask mask, int height, int width)
    {
        var columns = new ColumnRuns(mask.Height, mask.Width, mask.Runs);
        var rows = Sources(mask.Height, height);
        // Where a run that begins in a row of the mask begins in the result.
        var starts = new int[mask.Height + 1];
        for (int row = 0, source = 0; source < starts.Length; source++)
        {
            while (row < height && rows[row] < source)
                row++;
            starts[source] = row;
        }
        return Of(height, width, Sources(mask.Width, width), columns, starts);
    }

    /// <summary>The mirror image, left to right.</summary>
    public static RunLengthMask Mirrored(this RunLengthMask mask) => Of(
        mask.Height, mask.Width, [.. Enumerable.Range(0, mask.Width).Select(column => mask.Width - 1 - column)],
        new ColumnRuns(mask.Height, mask.Width, mask.Runs), [.. Enumerable.Range(0, mask.Height + 1)]);

    /// <summary>With pixels outside of the object to the right and below.</summary>
    public static RunLengthMask Padded(this RunLengthMask mask, int height, int width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(height, mask.Height);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, mask.Width);
        return Of(height, width, [.. Enumerable.Range(0, width)], new ColumnRuns(mask.Height, mask.Width, mask.Runs),
            [.. Enumerable.Range(0, mask.Height + 1)], mask.Width);
    }

    private static RunLengthMask Of(
        int height, int width, int[] columns, ColumnRuns runs, int[] starts, int sourceWidth = int.MaxValue)
    {
        var builder = new RunBuilder();
        for (var column = 0; column < width; column++)
        {
            var at = 0;
            if (columns[column] < sourceWidth)
                foreach (var (start, end) in runs[columns[column]])
                {
                    builder.Add(false, starts[start] - at);
                    builder.Add(true, starts[end] - starts[start]);
                    at = starts[end];
                }
            builder.Add(false, height - at);
        }
        return RunLengthMask.Of(builder, height, width);
    }

    private static int[] Sources(int size, int newSize)
    {
        var scale = 1 / ((double)newSize / size);
        return [.. Enumerable.Range(0, newSize).Select(at => Math.Min((int)Math.Floor(at * scale), size - 1))];
    }
}
