using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>
/// Keeps the columns that were read once in memory. It can shuffle. Columns that cannot be kept, such as images, are not in its schema.
/// </summary>
internal sealed class CachedView : IDataView
{
    private readonly IDataView _source;
    private readonly Lock _lock = new();
    private readonly ValueStore[] _stores;
    private long _rowCount;

    /// <param name="prefetch">Indices of columns of <paramref name="input"/> to read at once.</param>
    public CachedView(IDataView input, int[] prefetch)
    {
        foreach (var column in prefetch.Select(index => input.Schema[index]))
        {
            Contracts.Check(ValueStore.CanHold(column.Type),
                $"Asked to prefetch column '{column.Name}' into cache, but it is of unhandled type '{column.Type}'");
        }
        _source = SubsetView.Storable(input);
        _stores = new ValueStore[_source.Schema.Count];
        _rowCount = _source.GetRowCount() ?? -1;
        if (prefetch.Length > 0)
            Fill(prefetch.Select(index => _source.Schema[input.Schema[index].Name]));
    }

    public bool CanShuffle => true;

    public DataViewSchema Schema => _source.Schema;

    public long? GetRowCount() => _rowCount < 0 ? null : _rowCount;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null)
    {
        var active = Columns.Active(columnsNeeded, Schema);
        Fill(Schema.Where(active));
        int[] order = null;
        if (rand is not null)
        {
            order = Enumerable.Range(0, (int)_rowCount).ToArray();
            rand.Shuffle(order);
        }
        return new Cursor(this, active, order);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];

    private void Fill(IEnumerable<DataViewSchema.Column> columns)
    {
        lock (_lock)
        {
            var missing = columns.Where(column => _stores[column.Index] is null).ToArray();
            if (missing.Length == 0 && _rowCount >= 0)
                return;
            using var cursor = _source.GetRowCursor(missing);
            var stores = Array.ConvertAll(missing, column => ValueStore.Create(cursor, column));
            var rows = 0;
            for (; cursor.MoveNext(); rows++)
            {
                foreach (var store in stores)
                    store.Store(rows);
            }
            _rowCount = rows;
            for (var i = 0; i < missing.Length; i++)
                _stores[missing[i].Index] = stores[i];
        }
    }

    private sealed class Cursor : RootCursor
    {
        private readonly CachedView _view;
        private readonly int[] _order;
        private readonly Delegate[] _getters;

        public Cursor(CachedView view, bool[] active, int[] order)
        {
            _view = view;
            _order = order;
            _getters = new Delegate[active.Length];
            for (var i = 0; i < active.Length; i++)
            {
                if (active[i])
                    _getters[i] = view._stores[i].CreateGetter(Row);
            }
        }

        public override DataViewSchema Schema => _view.Schema;

        public override bool IsColumnActive(DataViewSchema.Column column) => _getters[column.Index] is not null;

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) =>
            Columns.TypedGetter<TValue>(_getters[column.Index]);

        public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId value) => value = new((ulong)Row(), 0);

        protected override bool MoveNextCore() => Position + 1 < _view._rowCount;

        private int Row()
        {
            CheckAtRow();
            return _order is null ? (int)Position : _order[Position];
        }
    }
}
