using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>A view, or a mapper of single rows, that adds a <see cref="RowMapper"/>'s columns.</summary>
internal sealed class RowToRowView : IDataView, IRowToRowMapper, IParallelView
{
    private readonly IDataView _source;
    private readonly RowMapper _mapper;
    private readonly ColumnBindings _bindings;

    /// <param name="source">The input, or null where the instance only maps single rows.</param>
    public RowToRowView(IDataView source, RowMapper mapper)
    {
        _source = source;
        _mapper = mapper;
        _bindings = new(mapper.InputSchema, mapper.OutputColumns);
    }

    public bool CanShuffle => _source.CanShuffle;

    public DataViewSchema Schema => _bindings.Schema;

    public DataViewSchema InputSchema => _bindings.InputSchema;

    public DataViewSchema OutputSchema => _bindings.Schema;

    public long? GetRowCount() => _source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null)
    {
        var active = Columns.Active(columnsNeeded, Schema);
        var worker = AllStorable(Schema.Where(active)) ? GetWorkerCursorOrNull(columnsNeeded, rand) : null;
        return worker is null
            ? new Cursor(this, _source.GetRowCursor(InputsOf(active), CanShuffle ? rand : null), active)
            : new BufferedCursor(worker);
    }

    /// <summary>As in the real package, added columns are computed in parallel from columns whose values can be copied.</summary>
    public DataViewRowCursor GetWorkerCursorOrNull(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand)
    {
        var active = Columns.Active(columnsNeeded, Schema);
        var inputs = InputsOf(active).ToArray();
        rand = CanShuffle ? rand : null;
        var input = (_source as IParallelView)?.GetWorkerCursorOrNull(inputs, rand);
        if (input is null)
        {
            if (!_bindings.AddsAny(active) || !AllStorable(inputs))
                return null;
            input = new BufferedCursor(_source.GetRowCursor(inputs, rand));
        }
        return new Cursor(this, input, active);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null)
    {
        var active = Columns.Active(columnsNeeded, Schema);
        var inputs = _source.GetRowCursorSet(InputsOf(active), n, CanShuffle ? rand : null);
        return Array.ConvertAll(inputs, input => (DataViewRowCursor)new Cursor(this, input, active));
    }

    public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns) =>
        InputsOf(Columns.Active(dependingColumns, Schema));

    public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
    {
        Contracts.CheckValue(input, nameof(input));
        Contracts.Check(input.Schema == InputSchema, "Schema of input row must be the same as the schema the mapper is bound to");
        return new Row(this, input, Columns.Active(activeColumns, Schema));
    }

    private static bool AllStorable(IEnumerable<DataViewSchema.Column> columns) =>
        columns.All(column => ValueStore.CanHold(column.Type));

    private IEnumerable<DataViewSchema.Column> InputsOf(bool[] active)
    {
        var needed = new HashSet<int>(_bindings.PassedOn(active));
        needed.UnionWith(_mapper.GetDependencies(_bindings.AddedPredicate(active)));
        return InputSchema.Where(column => needed.Contains(column.Index)).ToArray();
    }

    /// <summary>The getters of one row or cursor: its own for added columns, the input's for the rest.</summary>
    private sealed class Getters
    {
        private readonly ColumnBindings _bindings;
        private readonly DataViewRow _input;
        private readonly bool[] _active;
        private readonly Delegate[] _added;
        private readonly Action _disposer;

        public Getters(RowToRowView view, DataViewRow input, bool[] active)
        {
            _bindings = view._bindings;
            _input = input;
            _active = active;
            _added = view._mapper.CreateGetters(input, _bindings.AddedPredicate(active), out _disposer);
        }

        public bool IsActive(DataViewSchema.Column column) => _active[column.Index];

        public ValueGetter<TValue> Get<TValue>(DataViewSchema.Column column)
        {
            var (isInput, index) = _bindings.Source(column.Index);
            return isInput ? _input.GetGetter<TValue>(_input.Schema[index]) : Columns.TypedGetter<TValue>(_added[index]);
        }

        public void Dispose() => _disposer?.Invoke();
    }

    private sealed class Cursor(RowToRowView view, DataViewRowCursor input, bool[] active) : LinkedCursor(input)
    {
        private readonly Getters _getters = new(view, input, active);

        public override DataViewSchema Schema => view.Schema;

        public override bool IsColumnActive(DataViewSchema.Column column) => _getters.IsActive(column);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            Contracts.Check(_getters.IsActive(column), "Operation is not valid due to the current state of the object.");
            return _getters.Get<TValue>(column);
        }

        protected override void DisposeCore() => _getters.Dispose();
    }

    private sealed class Row(RowToRowView view, DataViewRow input, bool[] active) : DataViewRow
    {
        private readonly Getters _getters = new(view, input, active);
        private bool _disposed;

        public override DataViewSchema Schema => view.Schema;

        public override long Position => input.Position;

        public override long Batch => input.Batch;

        public override bool IsColumnActive(DataViewSchema.Column column) =>
            view._bindings.Source(column.Index) is (true, var index)
                ? input.IsColumnActive(input.Schema[index])
                : _getters.IsActive(column);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => _getters.Get<TValue>(column);

        public override ValueGetter<DataViewRowId> GetIdGetter() => input.GetIdGetter();

        protected override void Dispose(bool disposing)
        {
            if (_disposed)
                return;
            _disposed = true;
            if (disposing)
            {
                _getters.Dispose();
                input.Dispose();
            }
        }
    }
}
