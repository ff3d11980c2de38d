namespace Microsoft.ML.Data;

/// <summary>
/// Reads all active columns of an input row as it moves. Where the real package passes rows between threads, it does that too, with the
/// consequence kept here: what the input throws, at whatever column, arrives from <see cref="DataViewRowCursor.MoveNext"/> as the inner
/// exception of an <see cref="InvalidOperationException"/>.
/// </summary>
internal sealed class BufferedCursor(DataViewRowCursor input) : RootCursor
{
    private readonly ValueStore[] _stores =
        input.Schema.Select(column => input.IsColumnActive(column) ? ValueStore.Create(input, column) : null).ToArray();

    private readonly ValueStore _ids = ValueStore.CreateForIds(input);

    public override DataViewSchema Schema => input.Schema;

    public override bool IsColumnActive(DataViewSchema.Column column) => _stores[column.Index] is not null;

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) =>
        Columns.TypedGetter<TValue>(_stores[column.Index]?.CreateGetter(CurrentIndex));

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ValueGetter<DataViewRowId>)_ids.CreateGetter(CurrentIndex);

    protected override bool MoveNextCore()
    {
        try
        {
            if (!input.MoveNext())
                return false;
            foreach (var store in _stores)
                store?.Store(0);
            _ids.Store(0);
            return true;
        }
        catch (Exception e)
        {
            throw new InvalidOperationException("Splitter/consolidator worker encountered exception while consuming source data", e);
        }
    }

    protected override void DisposeCore() => input.Dispose();

    private int CurrentIndex()
    {
        CheckAtRow();
        return 0;
    }
}

/// <summary>A view whose rows the real package can have several threads compute.</summary>
internal interface IParallelView
{
    /// <summary>A cursor such as each of the threads would have; null where the view is not computed in parallel.</summary>
    DataViewRowCursor GetWorkerCursorOrNull(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand);
}
