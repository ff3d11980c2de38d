using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Scoring;

/// <summary>Scores lazily and in batches; cannot shuffle, as the cursor that reads images ahead must meet the same rows.</summary>
internal sealed class ScoringDataView<TRow>(IDataView input, ScoringSchema<TRow> schema, IRowScoring<TRow> scoring) : IDataView
{
    public bool CanShuffle => false;

    public DataViewSchema Schema => schema.Output;

    public long? GetRowCount() => input.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        var columns = columnsNeeded.ToList();
        var rows = input.GetRowCursor(schema.PassedThrough(columns));
        if (!columns.Exists(schema.IsScored))
            return new ScoringCursor<TRow>(schema, rows, null);
        try
        {
            scoring.ThrowIfDisposed();
            return new ScoringCursor<TRow>(schema, rows, scoring.Open(input, schema.Image));
        }
        catch
        {
            rows.Dispose();
            throw;
        }
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];
}
