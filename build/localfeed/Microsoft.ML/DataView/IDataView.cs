using Microsoft.ML.Data;

namespace Microsoft.ML;

/// <summary>A lazily computed table: rows come from cursors, and only the columns asked for are computed.</summary>
public interface IDataView
{
    /// <summary>Whether a cursor honors its <c>rand</c>.</summary>
    bool CanShuffle { get; }

    DataViewSchema Schema { get; }

    /// <summary>The number of rows where that is known without counting.</summary>
    long? GetRowCount();

    DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null);

    /// <summary>Up to <paramref name="n"/> cursors that share the rows among them.</summary>
    DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null);
}

/// <summary>Fills <paramref name="value"/> with the current row's value, reusing its buffers where it can.</summary>
public delegate void ValueGetter<TValue>(ref TValue value);

/// <summary>One row; its getters read whichever row is current.</summary>
public abstract class DataViewRow : IDisposable
{
    /// <summary>The 0-based number of the row within its cursor; -1 before the first and after the last.</summary>
    public abstract long Position { get; }

    /// <summary>Orders rows of a cursor set: a lower batch comes first.</summary>
    public abstract long Batch { get; }

    public abstract DataViewSchema Schema { get; }

    public abstract bool IsColumnActive(DataViewSchema.Column column);

    public abstract ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column);

    public abstract ValueGetter<DataViewRowId> GetIdGetter();

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
    }
}

/// <summary>A row that moves forward through a data view.</summary>
public abstract class DataViewRowCursor : DataViewRow
{
    /// <summary>Moves to the next row; false, and again false from then on, after the last.</summary>
    public abstract bool MoveNext();
}
