using System.Runtime.ExceptionServices;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Scoring;

/// <summary>What a network gives for a data view's rows, a batch at a time. Rows skipped before a batch begins are not scored.</summary>
internal abstract class LookAheadRows<TRow, TBatch>(IRowScoring<TRow> scoring, ImageReadAhead<TBatch> images) : IScoredRows<TRow>
    where TBatch : RowBatch
{
    private TBatch? _batch;
    private int _firstScored;
    private ExceptionDispatchInfo? _failure;

    public TRow At(long position, DataViewRowId id)
    {
        scoring.ThrowIfDisposed();
        if (_batch is null || position >= _batch.End)
            ScoreBatch(position);
        var index = (int)(position - _batch!.First);
        if (index >= _batch.Count || !_batch.Ids[index].Equals(id))
            throw new InvalidOperationException(
                $"The data gives other rows when read a second time (row {position}). Scoring reads images ahead with a cursor " +
                "of its own: load the data so that each pass gives the same rows in the same order, or keep it by " +
                "mlContext.Data.Cache with the names of its columns.");
        _failure?.Throw();
        return _batch.Bad[index] is { } bad ? BadRow(images.ErrorOf(bad), index - _firstScored) : ScoredRow(index - _firstScored);
    }

    public void Dispose() => images.Dispose();

    /// <summary>Scores a batch's rows from one on.</summary>
    protected abstract void Score(TBatch batch, int first);

    /// <summary>What is known of a row of those that were scored.</summary>
    protected abstract TRow ScoredRow(int row);

    /// <summary>What is said of a row without a usable image, or its error.</summary>
    protected abstract TRow BadRow(Exception error, int row);

    private void ScoreBatch(long position)
    {
        _batch = null; // where the reading fails, the batch before must not stand in for it
        _batch = images.Take(position);
        _failure = null;
        // A batch that was read ahead may begin with rows that the reader has skipped since.
        _firstScored = Math.Min((int)(position - _batch.First), _batch.Count);
        try
        {
            if (_firstScored < _batch.Count)
                Score(_batch, _firstScored);
        }
        catch (Exception e)
        {
            // Each row of the batch has this error; the next batch may well succeed.
            _failure = ExceptionDispatchInfo.Capture(e);
        }
    }
}
