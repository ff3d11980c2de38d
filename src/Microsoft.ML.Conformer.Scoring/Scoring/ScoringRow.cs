using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Scoring;

/// <summary>One row with what is known of it, computed when first asked for: what a PredictionEngine reads.</summary>
internal sealed class ScoringRow<TRow> : DataViewRow
{
    private readonly ScoringSchema<TRow> _schema;
    private readonly DataViewRow _input;
    private readonly IRowScoring<TRow> _scoring;
    private readonly HashSet<int> _active;
    private readonly Func<TRow>? _score;
    private TRow _scored = default!;
    private long? _scoredPosition;

    /// <summary>Its buffers are managed memory, because PredictionEngine never disposes its rows.</summary>
    public ScoringRow(
        ScoringSchema<TRow> schema, DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns, IRowScoring<TRow> scoring)
    {
        (_schema, _input, _scoring) = (schema, input, scoring);
        _active = [.. activeColumns.Select(column => column.Index)];
        if (_active.Any(index => index >= schema.Input.Count))
            _score = scoring.ForRow(input, schema.Image);
    }

    public override DataViewSchema Schema => _schema.Output;

    public override long Position => _input.Position;

    public override long Batch => _input.Batch;

    public override bool IsColumnActive(DataViewSchema.Column column) => _active.Contains(column.Index);

    public override ValueGetter<DataViewRowId> GetIdGetter() => _input.GetIdGetter();

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        if (!IsColumnActive(column))
            throw new ArgumentOutOfRangeException(nameof(column), $"Column '{column.Name}' is not active in the row.");
        return _schema.IsScored(column)
            ? _schema.ScoredGetter<TValue>(column, Scored)
            : _input.GetGetter<TValue>(_schema.Input[column.Index]);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _input.Dispose();
        base.Dispose(disposing);
    }

    private TRow Scored()
    {
        _scoring.ThrowIfDisposed();
        if (_scoredPosition != _input.Position)
        {
            _scoredPosition = null; // where this row fails, the row's before must not stand in for it
            _scored = _score!();
            _scoredPosition = _input.Position;
        }
        return _scored;
    }
}
