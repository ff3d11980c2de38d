using System.Runtime.ExceptionServices;
using Microsoft.ML.Conformer.Data;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Conformer.Scoring;

/// <summary>
/// The scores of a data view's rows, computed a batch at a time by a cursor of its own that runs ahead of the reader's.
/// Rows that the reader skips before a batch begins are not scored.
/// </summary>
internal sealed class LookAheadScores : IDisposable
{
    private readonly DataViewRowCursor _cursor;
    private readonly ImageScoring _scoring;
    private readonly NetworkInputReader _reader;
    private readonly ValueGetter<DataViewRowId> _idGetter;
    private readonly float[] _images;
    private readonly float[] _scores;
    private readonly DataViewRowId[] _ids;
    private readonly BadImage?[] _bad;
    private long _first;
    private int _count;
    private ExceptionDispatchInfo? _failure;
    private ExceptionDispatchInfo? _broken;

    public LookAheadScores(IDataView input, DataViewSchema.Column image, ImageScoring scoring)
    {
        _scoring = scoring;
        var batchSize = (int)Math.Clamp(input.GetRowCount() ?? long.MaxValue, 1, scoring.Options.MaxBatchSize);
        _images = new float[checked(batchSize * scoring.Input.Length)];
        _scores = new float[checked(batchSize * scoring.Scorer.ClassCount)];
        (_ids, _bad) = (new DataViewRowId[batchSize], new BadImage?[batchSize]);
        // The path only names the file in errors.
        _cursor = input.GetRowCursor(ImageRowReader.PathColumn(input.Schema) is { } path ? [image, path] : [image]);
        try
        {
            _reader = new NetworkInputReader(_cursor, image, scoring.Input);
            _idGetter = _cursor.GetIdGetter();
        }
        catch
        {
            _cursor.Dispose();
            throw;
        }
    }

    /// <summary>One row's class probabilities, [C], valid until another row is asked for.</summary>
    /// <param name="position">The row's position in the data view; not before a row that was asked for earlier.</param>
    /// <param name="id">The row's id, to make sure that both cursors see the same rows.</param>
    /// <exception cref="InvalidDataException">The row's image is missing or unusable, and the options say to throw.</exception>
    /// <exception cref="InvalidOperationException">The data view gives other rows, or another order, each time it is read.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    /// <exception cref="OnnxRuntimeException">The row's batch could not be computed.</exception>
    public ReadOnlyMemory<float> At(long position, DataViewRowId id)
    {
        _scoring.Scorer.ThrowIfDisposed();
        if (position >= _first + _count)
            ReadBatch(position);
        var index = (int)(position - _first);
        if (index >= _count || !_ids[index].Equals(id))
        {
            throw new InvalidOperationException(
                $"The data gives other rows when read a second time (row {position}). Scoring reads images ahead with a cursor " +
                "of its own: load the data so that each pass gives the same rows in the same order.");
        }
        _failure?.Throw();
        var scores = _scores.AsMemory(index * _scoring.Scorer.ClassCount, _scoring.Scorer.ClassCount);
        if (_bad[index] is { } bad)
            _scoring.ScoreBadRow(_reader.ErrorOf(bad), scores.Span);
        return scores;
    }

    public void Dispose() => _cursor.Dispose();

    private void ReadBatch(long position)
    {
        _broken?.Throw();
        (_first, _count, _failure) = (position, 0, null);
        int count;
        try
        {
            count = ReadImages(position);
        }
        catch (Exception e)
        {
            // The cursor has moved on, so that every later row would be another one's.
            _broken = ExceptionDispatchInfo.Capture(e);
            throw;
        }
        _count = count;
        try
        {
            if (count > 0)
                _scoring.Scorer.Score(_images, count, _scores);
        }
        catch (Exception e)
        {
            // Each row of the batch has this error; the next batch may well succeed.
            _failure = ExceptionDispatchInfo.Capture(e);
        }
    }

    /// <summary>Reads the rows from a position on, as many as make a batch; the number read.</summary>
    private int ReadImages(long position)
    {
        while (_cursor.Position < position - 1 && _cursor.MoveNext())
        {
        }

        var count = 0;
        while (count < _ids.Length && _cursor.MoveNext())
        {
            _idGetter(ref _ids[count]);
            var image = _images.AsSpan(count * _scoring.Input.Length, _scoring.Input.Length);
            if ((_bad[count] = _reader.TryRead(image)) is not null)
                image.Clear();
            count++;
        }
        return count;
    }
}
