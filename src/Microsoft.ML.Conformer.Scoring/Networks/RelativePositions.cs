namespace Microsoft.ML.Conformer.Networks;

/// <summary>
/// Learned numbers for the distances of two pixels of a window of P x P pixels, numbered row by row: a table of (2 P - 1)^2 rows
/// (Liu et al., "Swin Transformer", 2021).
/// </summary>
internal static class RelativePositions
{
    /// <summary>
    /// The table's rows for all pairs of a query's and a key's pixel, [P², P²], as state dicts have them: by the distance of their rows,
    /// then of their columns, each from 1 - P to P - 1.
    /// </summary>
    public static IEnumerable<int> Indices(int window)
    {
        var pixels = Enumerable.Range(0, window * window).ToArray();
        return pixels.SelectMany(query => pixels.Select(key =>
            (query / window - key / window + window - 1) * (2 * window - 1) + query % window - key % window + window - 1));
    }
}
