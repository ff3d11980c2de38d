using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>A view of objects. It cannot shuffle and ignores a cursor's random numbers, like the real package's.</summary>
internal sealed class EnumerableView<TRow> : IDataView
    where TRow : class
{
    private readonly IEnumerable<TRow> _data;
    private readonly TypedColumn[] _columns;

    public EnumerableView(IEnumerable<TRow> data, TypedColumn[] columns)
    {
        _data = data;
        _columns = columns;
        Schema = DataViewSchema.Create(columns.Select(column => column.Column));
    }

    public bool CanShuffle => false;

    public DataViewSchema Schema { get; }

    public long? GetRowCount() => (_data as ICollection<TRow>)?.Count;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null) =>
        new Cursor(this, Columns.Active(columnsNeeded, Schema));

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];

    private sealed class Cursor : RootCursor
    {
        private readonly EnumerableView<TRow> _view;
        private readonly IEnumerator<TRow> _enumerator;
        private readonly Delegate[] _getters;
        private TRow _current;

        public Cursor(EnumerableView<TRow> view, bool[] active)
        {
            _view = view;
            _enumerator = view._data.GetEnumerator();
            _getters = new Delegate[active.Length];
            for (var i = 0; i < active.Length; i++)
            {
                if (active[i])
                    _getters[i] = ObjectReader<TRow>.CreateGetter(view._columns[i], () => _current);
            }
        }

        public override DataViewSchema Schema => _view.Schema;

        public override bool IsColumnActive(DataViewSchema.Column column) => _getters[column.Index] is not null;

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            Contracts.CheckParam(column.Index < _getters.Length && IsColumnActive(column), nameof(column), "requested column not active");
            return Columns.TypedGetter<TValue>(_getters[column.Index]);
        }

        public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId value) =>
        {
            CheckAtRow();
            value = new((ulong)Position, 0);
        };

        protected override bool MoveNextCore()
        {
            // The real package does not dispose the enumerator either.
            if (!_enumerator.MoveNext())
            {
                _current = null;
                return false;
            }
            _current = _enumerator.Current
                ?? throw Contracts.Except("Encountered null when iterating over data, this is not supported.");
            return true;
        }
    }
}
