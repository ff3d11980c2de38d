using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>A cursor that makes rows itself. After the last row it disposes itself and its position is -1 again.</summary>
internal abstract class RootCursor : DataViewRowCursor
{
    private long _position = -1;
    private bool _disposed;

    public sealed override long Position => _position;

    public override long Batch => 0;

    public sealed override bool MoveNext()
    {
        if (_disposed)
            return false;
        if (MoveNextCore())
        {
            _position++;
            return true;
        }
        Dispose();
        return false;
    }

    protected abstract bool MoveNextCore();

    /// <summary>Releases what the cursor holds; called once.</summary>
    protected virtual void DisposeCore()
    {
    }

    protected sealed override void Dispose(bool disposing)
    {
        if (_disposed)
            return;
        _disposed = true;
        if (disposing)
        {
            DisposeCore();
            _position = -1;
        }
        base.Dispose(disposing);
    }

    /// <summary>Throws where there is no current row.</summary>
    protected void CheckAtRow() => Contracts.Check(_position >= 0,
        "Values cannot be fetched at this time. This method was called either before the first call to MoveNext, or at any point after " +
        "that method returned false.");
}

/// <summary>A cursor that moves in step with another.</summary>
internal abstract class LinkedCursor(DataViewRowCursor input) : DataViewRowCursor
{
    private bool _disposed;

    protected DataViewRowCursor Input => input;

    public sealed override long Position => input.Position;

    public sealed override long Batch => input.Batch;

    public sealed override bool MoveNext() => input.MoveNext();

    public sealed override ValueGetter<DataViewRowId> GetIdGetter() => input.GetIdGetter();

    /// <summary>Releases what the cursor holds, before its input; called once.</summary>
    protected virtual void DisposeCore()
    {
    }

    protected sealed override void Dispose(bool disposing)
    {
        if (_disposed)
            return;
        _disposed = true;
        if (disposing)
        {
            DisposeCore();
            input.Dispose();
        }
        base.Dispose(disposing);
    }
}
