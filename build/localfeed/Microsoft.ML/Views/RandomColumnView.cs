using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>
/// A view with a random number in [0, 1) for each row added, the same on each pass. It cannot shuffle, since then rows would get other
/// numbers.
/// </summary>
internal sealed class RandomColumnView : IDataView
{
    private readonly IDataView _source;
    private readonly ColumnBindings _bindings;
    private readonly uint _seed;

    public RandomColumnView(IDataView source, string name, uint seed)
    {
        _source = source;
        _bindings = new(source.Schema, [new(name, NumberDataViewType.Single)]);
        _seed = seed;
    }

    public bool CanShuffle => false;

    public DataViewSchema Schema => _bindings.Schema;

    public long? GetRowCount() => _source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null)
    {
        var active = Columns.Active(columnsNeeded, Schema);
        var needed = _bindings.PassedOn(active).ToHashSet();
        return new Cursor(this, _source.GetRowCursor(_source.Schema.Where(column => needed.Contains(column.Index))), active);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null) =>
        [GetRowCursor(columnsNeeded)];

    private sealed class Cursor(RandomColumnView view, DataViewRowCursor input, bool[] active) : LinkedCursor(input)
    {
        private readonly TauswortheRandom _random = new(view._seed);
        private long _drawn = -1;
        private float _value;

        public override DataViewSchema Schema => view.Schema;

        public override bool IsColumnActive(DataViewSchema.Column column) => active[column.Index];

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            var (isInput, index) = view._bindings.Source(column.Index);
            return isInput
                ? Input.GetGetter<TValue>(Input.Schema[index])
                : Columns.TypedGetter<TValue>((ValueGetter<float>)((ref float value) => value = Draw()));
        }

        private float Draw()
        {
            for (; _drawn < Position; _drawn++)
                _value = _random.NextSingle();
            return _value;
        }
    }
}
