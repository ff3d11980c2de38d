using System.Runtime.ExceptionServices;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Scoring;

/// <summary>
/// Reads a data view's images a batch at a time with a cursor of its own, and the next batch in the background while the current one is
/// scored. Nothing is read before the first batch is asked for, and never more than one batch beyond the current one.
/// </summary>
/// <remarks>
/// Its users are one thread at a time, and so are the cursor's: the next read begins only after the one before has ended. The background
/// work is a task of the thread pool, which a waiting thread of the pool runs by itself where no other is free, so that any number of
/// readers get on.
/// </remarks>
internal sealed class ImageReadAhead<TBatch> : IDisposable where TBatch : RowBatch
{
    private readonly DataViewRowCursor _cursor;
    private readonly NetworkImageReader _reader;
    private readonly ValueGetter<DataViewRowId> _idGetter;
    private TBatch _current;
    private TBatch _next;
    private Task? _reading;
    private ExceptionDispatchInfo? _broken;
    private volatile bool _stopping;

    public ImageReadAhead(IDataView input, DataViewSchema.Column image, ImageDecoding decoding, Func<TBatch> newBatch)
    {
        (_current, _next) = (newBatch(), newBatch());
        try
        {
            _cursor = input.GetRowCursor(ImageColumnReader.Columns(input.Schema, image));
        }
        catch (InvalidOperationException e) when (e is not ObjectDisposedException)
        {
            throw OneReaderError(e);
        }
        try
        {
            _reader = new NetworkImageReader(_cursor, image, decoding);
            _idGetter = _cursor.GetIdGetter();
        }
        catch
        {
            _cursor.Dispose();
            throw;
        }
    }

    /// <summary>The batch with the row at a position, valid until the next one is asked for; without it where the data has ended.</summary>
    /// <param name="position">After all rows of the batch before.</param>
    /// <exception cref="Exception">What the cursor throws; from then on always, as it is unknown which row it stands at.</exception>
    public TBatch Take(long position)
    {
        _broken?.Throw();
        _reading?.GetAwaiter().GetResult();
        if (_next.Failure is null && position >= _next.End)
            Read(_next, position);
        _broken = _next.Failure;
        _broken?.Throw();
        (_current, _next) = (_next, _current);
        if (_current.Count == _current.Capacity)
            _reading = Task.Run(() => Read(_next, _current.End));
        return _current;
    }

    public InvalidDataException ErrorOf(BadImage bad) => _reader.ErrorOf(bad);

    /// <summary>Ends a read under way after the row that it is at, waits for it, and frees the cursor.</summary>
    public void Dispose()
    {
        _stopping = true;
        _reading?.GetAwaiter().GetResult();
        _cursor.Dispose();
    }

    /// <summary>Data that is opened lazily says now that it has another reader.</summary>
    private bool MoveNext()
    {
        try
        {
            return _cursor.MoveNext();
        }
        catch (InvalidOperationException e) when (_cursor.Position < 0 && e is not ObjectDisposedException)
        {
            throw OneReaderError(e);
        }
    }

    private static InvalidOperationException OneReaderError(InvalidOperationException cause) => new(
        $"The data cannot be read: {VisibleText.Reason(cause)} Scoring reads images ahead, with a second cursor beside that of its " +
        "caller: data that allows one reader at a time, or one pass, must be kept first, by mlContext.Data.Cache with " +
        "the names of its columns.", cause);

    /// <summary>Reads rows from a position on, as many as make a batch. Never throws: nobody may be waiting.</summary>
    private void Read(TBatch batch, long position)
    {
        batch.Begin(position);
        try
        {
            while (_cursor.Position < position - 1 && MoveNext())
            {
            }
            DataViewRowId id = default;
            while (batch.Count < batch.Capacity && !_stopping && MoveNext())
            {
                _idGetter(ref id);
                batch.Add(_reader, id);
            }
            if (!_stopping)
                batch.Prepare(_reader);
        }
        catch (Exception e)
        {
            batch.Failure = ExceptionDispatchInfo.Capture(e);
        }
    }
}
