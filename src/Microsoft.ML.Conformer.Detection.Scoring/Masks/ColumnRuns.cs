using System.Runtime.InteropServices;

namespace Microsoft.ML.Conformer.Detection.Masks;

/// <summary>The runs of a mask's pixels by columns: each from a row to the one before another.</summary>
internal sealed class ColumnRuns
{
    private readonly List<(int Start, int End)> _runs = [];
    private readonly int[] _first;

    public ColumnRuns(int height, int width, ReadOnlySpan<int> counts)
    {
        _first = new int[width + 1];
        long at = 0;
        var column = 0;
        for (var run = 0; run < counts.Length; at += counts[run++])
        {
            if (run % 2 == 0)
                continue;
            for (var (start, end) = (at, at + counts[run]); start < end;)
            {
                var of = (int)(start / height);
                while (column < of)
                    _first[++column] = _runs.Count;
                var top = (int)(start - (long)of * height);
                var length = (int)Math.Min(end - start, height - top);
                _runs.Add((top, top + length));
                start += length;
            }
        }
        while (column < width)
            _first[++column] = _runs.Count;
    }

    public ReadOnlySpan<(int Start, int End)> this[int column] =>
        CollectionsMarshal.AsSpan(_runs)[_first[column].._first[column + 1]];
}
