using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Scoring;

/// <summary>One row with what the graph gives for it, computed when first asked for: what a PredictionEngine reads.</summary>
internal sealed class ScoringRow : DataViewRow
{
    private readonly ScoringSchema _schema;
    private readonly DataViewRow _input;
    private readonly ImageScoring _scoring;
    private readonly HashSet<int> _active;
    private readonly NetworkInputReader? _reader;
    private readonly float[] _images;
    private readonly OutputValues _values;
    private long? _scoredPosition;

    /// <summary>Its buffers are managed memory, because PredictionEngine never disposes its rows.</summary>
    public ScoringRow(ScoringSchema schema, DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns, ImageScoring scoring)
    {
        (_schema, _input, _scoring) = (schema, input, scoring);
        _active = [.. activeColumns.Select(column => column.Index)];
        if (_active.Any(index => index >= schema.Input.Count))
            _reader = new NetworkInputReader(input, schema.Image, scoring.Input, scoring.Decoding);
        _images = new float[_reader is null ? 0 : scoring.Input.RowLength];
        _values = new OutputValues(scoring.Session.Outputs, _reader is null ? 0 : 1);
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
            ? _schema.ScoredGetter<TValue>(column, Values)
            : _input.GetGetter<TValue>(_schema.Input[column.Index]);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _input.Dispose();
        base.Dispose(disposing);
    }

    private ReadOnlyMemory<float> Values(int output)
    {
        _scoring.Session.ThrowIfDisposed();
        if (_scoredPosition != _input.Position)
        {
            _scoredPosition = null; // where this row fails, the row's before must not stand in for it
            if (_reader!.TryRead(_images) is { } bad)
                _scoring.ScoreBadRow(_reader.ErrorOf(bad), _values, row: 0);
            else
                _scoring.Score(_images, 1, _values);
            _scoredPosition = _input.Position;
        }
        return _values.Of(output, 0);
    }
}
