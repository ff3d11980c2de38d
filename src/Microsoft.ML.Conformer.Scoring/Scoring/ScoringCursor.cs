using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Scoring;

/// <summary>Walks the input's rows and adds what is known of them; no outputs where no reader wants any.</summary>
internal sealed class ScoringCursor<TRow>(ScoringSchema<TRow> schema, DataViewRowCursor rows, IScoredRows<TRow>? outputs)
    : DataViewRowCursor
{
    private bool _disposed;

    public override DataViewSchema Schema => schema.Output;

    public override long Position => rows.Position;

    public override long Batch => rows.Batch;

    public override bool MoveNext() => rows.MoveNext();

    public override bool IsColumnActive(DataViewSchema.Column column) =>
        schema.IsScored(column) ? outputs is not null : rows.IsColumnActive(schema.Input[column.Index]);

    public override ValueGetter<DataViewRowId> GetIdGetter() => rows.GetIdGetter();

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        if (!schema.IsScored(column))
            return rows.GetGetter<TValue>(schema.Input[column.Index]);
        if (outputs is null)
            throw new ArgumentOutOfRangeException(nameof(column), $"Column '{column.Name}' is not active in the cursor.");

        var idGetter = rows.GetIdGetter();
        return schema.ScoredGetter<TValue>(column, () =>
        {
            DataViewRowId id = default;
            idGetter(ref id);
            return outputs.At(rows.Position, id);
        });
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            outputs?.Dispose();
            rows.Dispose();
        }
        _disposed = true;
        base.Dispose(disposing);
    }
}
