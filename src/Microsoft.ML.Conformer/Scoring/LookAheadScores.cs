using Microsoft.ML.Conformer.Data;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Scoring;

/// <summary>
/// The scores of a data view's rows, computed a batch at a time by a cursor of its own that runs ahead of the reader's.
/// Rows that the reader skips before a batch begins are not scored.
/// </summary>
internal sealed class LookAheadScores : IDisposable
{
    /// <summary>Images in a batch: beyond 16 a CPU gains nothing, and a reader that stops early has paid for a batch at most.</summary>
    private const int BatchSize = 16;

    private readonly DataViewRowCursor _cursor;
    private readonly OnnxScorer _scorer;
    private readonly NetworkInputReader _reader;
    private readonly ValueGetter<DataViewRowId> _idGetter;
    private readonly float[] _images;
    private readonly float[] _scores;
    private readonly DataViewRowId[] _ids = new DataViewRowId[BatchSize];
    private readonly BadImage?[] _bad = new BadImage?[BatchSize];
    private long _first;
    private int _count;

    public LookAheadScores(IDataView input, DataViewSchema.Column image, ImagePreprocessor preprocessor, OnnxScorer scorer)
    {
        _scorer = scorer;
        _images = new float[BatchSize * scorer.ImageLength];
        _scores = new float[BatchSize * scorer.ClassCount];
        _cursor = input.GetRowCursor([image]);
        _reader = new NetworkInputReader(_cursor, image, preprocessor);
        _idGetter = _cursor.GetIdGetter();
    }

    /// <summary>One row's class probabilities, [C], valid until another row is asked for.</summary>
    /// <param name="position">The row's position in the data view; not before a row that was asked for earlier.</param>
    /// <param name="id">The row's id, to make sure that both cursors see the same rows.</param>
    /// <exception cref="InvalidDataException">The row's image is missing or unusable.</exception>
    /// <exception cref="InvalidOperationException">The data view gives other rows, or another order, each time it is read.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public ReadOnlyMemory<float> At(long position, DataViewRowId id)
    {
        if (position >= _first + _count)
            ReadBatch(position);
        var index = (int)(position - _first);
        if (index >= _count || !_ids[index].Equals(id))
        {
            throw new InvalidOperationException(
                $"The data gives other rows when read a second time (row {position}). Scoring reads images ahead with a cursor " +
                "of its own: load the data so that each pass gives the same rows in the same order.");
        }
        return _bad[index] is { } bad
            ? throw _reader.ErrorOf(bad)
            : _scores.AsMemory(index * _scorer.ClassCount, _scorer.ClassCount);
    }

    public void Dispose() => _cursor.Dispose();

    private void ReadBatch(long position)
    {
        (_first, _count) = (position, 0);
        while (_cursor.Position < position - 1 && _cursor.MoveNext())
        {
        }

        var count = 0;
        while (count < BatchSize && _cursor.MoveNext())
        {
            _idGetter(ref _ids[count]);
            var image = _images.AsSpan(count * _scorer.ImageLength, _scorer.ImageLength);
            if ((_bad[count] = _reader.TryRead(image)) is not null)
                image.Clear();
            count++;
        }
        if (count > 0)
            _scorer.Score(_images, count, _scores);
        _count = count;
    }
}
