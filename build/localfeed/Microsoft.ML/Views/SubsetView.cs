namespace Microsoft.ML.Data;

/// <summary>Some columns of a view, or of single rows, in an order of their own.</summary>
internal sealed class SubsetView : IDataView, IRowToRowMapper, IParallelView
{
    private readonly IDataView _source;
    private readonly int[] _columns;

    /// <param name="columns">Their indices in the source.</param>
    public SubsetView(IDataView source, int[] columns)
        : this(source.Schema, columns)
    {
        _source = source;
    }

    /// <summary>A mapper of single rows.</summary>
    public SubsetView(DataViewSchema inputSchema, int[] columns)
    {
        InputSchema = inputSchema;
        _columns = columns;
        Schema = SchemaOf(inputSchema, columns);
    }

    public DataViewSchema InputSchema { get; }

    public DataViewSchema OutputSchema => Schema;

    public bool CanShuffle => _source.CanShuffle;

    public DataViewSchema Schema { get; }

    public static DataViewSchema SchemaOf(DataViewSchema inputSchema, int[] columns) =>
        DataViewSchema.Create(columns.Select(index => new DataViewSchema.DetachedColumn(inputSchema[index])));

    /// <summary>The columns whose values can be kept; the source itself if that is all of them.</summary>
    public static IDataView Storable(IDataView source)
    {
        var columns = source.Schema.Where(column => ValueStore.CanHold(column.Type)).Select(column => column.Index).ToArray();
        return columns.Length == source.Schema.Count ? source : new SubsetView(source, columns);
    }

    /// <summary>All columns but the one of that name.</summary>
    public static IDataView Without(IDataView source, string name) =>
        new SubsetView(source, source.Schema.Where(column => column.Name != name).Select(column => column.Index).ToArray());

    public long? GetRowCount() => _source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null)
    {
        var active = Columns.Active(columnsNeeded, Schema);
        return new Cursor(this, _source.GetRowCursor(SourceColumns(active), rand), active);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null)
    {
        var active = Columns.Active(columnsNeeded, Schema);
        return Array.ConvertAll(_source.GetRowCursorSet(SourceColumns(active), n, rand),
            input => (DataViewRowCursor)new Cursor(this, input, active));
    }

    public DataViewRowCursor GetWorkerCursorOrNull(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand)
    {
        var active = Columns.Active(columnsNeeded, Schema);
        var input = (_source as IParallelView)?.GetWorkerCursorOrNull(SourceColumns(active), rand);
        return input is null ? null : new Cursor(this, input, active);
    }

    public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns) =>
        SourceColumns(Columns.Active(dependingColumns, Schema));

    public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns) => new Row(this, input);

    private DataViewSchema.Column[] SourceColumns(bool[] active) =>
        Schema.Where(active).Select(column => InputSchema[_columns[column.Index]]).ToArray();

    private sealed class Cursor(SubsetView view, DataViewRowCursor input, bool[] active) : LinkedCursor(input)
    {
        public override DataViewSchema Schema => view.Schema;

        public override bool IsColumnActive(DataViewSchema.Column column) => active[column.Index];

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) =>
            Input.GetGetter<TValue>(Input.Schema[view._columns[column.Index]]);
    }

    private sealed class Row(SubsetView view, DataViewRow input) : DataViewRow
    {
        public override DataViewSchema Schema => view.Schema;

        public override long Position => input.Position;

        public override long Batch => input.Batch;

        // As in the real package, whether the input's column is active or not.
        public override bool IsColumnActive(DataViewSchema.Column column) => true;

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) =>
            input.GetGetter<TValue>(input.Schema[view._columns[column.Index]]);

        public override ValueGetter<DataViewRowId> GetIdGetter() => input.GetIdGetter();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                input.Dispose();
        }
    }
}
