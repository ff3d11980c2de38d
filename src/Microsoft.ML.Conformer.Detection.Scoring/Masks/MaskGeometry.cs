namespace Microsoft.ML.Conformer.Detection.Masks;

/// <summary>Changes masks as their images are changed, run by run.</summary>
internal static class MaskGeometry
{
    /// <summary>The mask of an image that is made of rows and columns of this one's: resized, mirrored, cut, with margins.</summary>
    /// <param name="mask">The mask.</param>
    /// <param name="rows">
    /// For each new row one of the mask's, none above the one before, or null at the beginning and at the end, where there are no pixels.
    /// </param>
    /// <param name="columns">For each new column one of the mask's, in any order, or null for one without pixels.</param>
    public static RunLengthMask Resampled(this RunLengthMask mask, ReadOnlySpan<int?> rows, ReadOnlySpan<int?> columns)
    {
        var runs = new ColumnRuns(mask.Height, mask.Width, mask.Runs);
        // Where a run that begins in a row of the mask begins in the result.
        var starts = new int[mask.Height + 1];
        var row = 0;
        while (row < rows.Length && rows[row] is null)
            row++;
        for (var source = 0; source < starts.Length; source++)
        {
            while (row < rows.Length && rows[row] < source)
                row++;
            starts[source] = row;
        }
        var builder = new RunBuilder();
        foreach (var column in columns)
        {
            var at = 0;
            if (column is { } from)
                foreach (var (start, end) in runs[from])
                {
                    builder.Add(false, starts[start] - at);
                    builder.Add(true, starts[end] - starts[start]);
                    at = starts[end];
                }
            builder.Add(false, rows.Length - at);
        }
        return RunLengthMask.Of(builder, rows.Length, columns.Length);
    }
}
