using System.Runtime.ExceptionServices;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Conformer.Scoring;

/// <summary>What the graph gives for a data view's rows, a batch at a time. Rows skipped before a batch begins are not scored.</summary>
internal sealed class LookAheadOutputs : IDisposable
{
    private readonly ImageScoring _scoring;
    private readonly ImageReadAhead _images;
    private readonly OutputValues _values;
    private RowBatch? _batch;
    private int _firstScored;
    private ExceptionDispatchInfo? _failure;

    public LookAheadOutputs(IDataView input, DataViewSchema.Column image, ImageScoring scoring)
    {
        _scoring = scoring;
        var batchSize = (int)Math.Clamp(input.GetRowCount() ?? long.MaxValue, 1, scoring.RowsAtOnce);
        _values = new OutputValues(scoring.Session.Outputs, batchSize);
        _images = new ImageReadAhead(input, image, scoring, batchSize);
    }

    /// <summary>One row's values of one output, valid until another row, which must be a later one, is asked for.</summary>
    public ReadOnlyMemory<float> At(int output, long position, DataViewRowId id)
    {
        _scoring.Session.ThrowIfDisposed();
        if (_batch is null || position >= _batch.End)
            ScoreBatch(position);
        var index = (int)(position - _batch!.First);
        if (index >= _batch.Count || !_batch.Ids[index].Equals(id))
            throw new InvalidOperationException(
                $"The data gives other rows when read a second time (row {position}). Scoring reads images ahead with a cursor " +
                "of its own: load the data so that each pass gives the same rows in the same order, or keep it by " +
                "mlContext.Data.Cache with the names of its columns.");
        _failure?.Throw();
        if (_batch.Bad[index] is { } bad)
            _scoring.ScoreBadRow(_images.ErrorOf(bad), _values, index - _firstScored);
        return _values.Of(output, index - _firstScored);
    }

    public void Dispose() => _images.Dispose();

    private void ScoreBatch(long position)
    {
        _batch = null; // where the reading fails, the batch before must not stand in for it
        _batch = _images.Take(position);
        _failure = null;
        // A batch that was read ahead may begin with rows that the reader has skipped since.
        _firstScored = Math.Min((int)(position - _batch.First), _batch.Count);
        var count = _batch.Count - _firstScored;
        try
        {
            if (count > 0)
                _scoring.Score(_batch.Images[(_firstScored * _scoring.Input.RowLength)..], count, _values);
        }
        catch (Exception e)
        {
            // Each row of the batch has this error; the next batch may well succeed.
            _failure = ExceptionDispatchInfo.Capture(e);
        }
    }
}
