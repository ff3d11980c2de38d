namespace Microsoft.ML.Data;

/// <summary>Makes the test that decides which rows stay: called for each cursor, the result for each row.</summary>
internal delegate Func<bool> RowTest(DataViewRow row);

/// <summary>The rows of a view that pass a test.</summary>
/// <param name="testedColumns">The columns that the test reads.</param>
internal sealed class FilteredView(IDataView source, int[] testedColumns, RowTest createTest) : IDataView
{
    public bool CanShuffle => source.CanShuffle;

    public DataViewSchema Schema => source.Schema;

    public long? GetRowCount() => null;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null)
    {
        var active = Columns.Active(columnsNeeded, Schema);
        return new Cursor(source.GetRowCursor(InputColumns(active), CanShuffle ? rand : null), active, createTest);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null)
    {
        var active = Columns.Active(columnsNeeded, Schema);
        return Array.ConvertAll(source.GetRowCursorSet(InputColumns(active), n, CanShuffle ? rand : null),
            input => (DataViewRowCursor)new Cursor(input, active, createTest));
    }

    private IEnumerable<DataViewSchema.Column> InputColumns(bool[] active) =>
        Schema.Where(column => active[column.Index] || testedColumns.Contains(column.Index)).ToArray();

    private sealed class Cursor(DataViewRowCursor input, bool[] active, RowTest createTest) : RootCursor
    {
        private readonly Func<bool> _test = createTest(input);

        public override long Batch => input.Batch;

        public override DataViewSchema Schema => input.Schema;

        public override bool IsColumnActive(DataViewSchema.Column column) => active[column.Index];

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => input.GetGetter<TValue>(column);

        public override ValueGetter<DataViewRowId> GetIdGetter() => input.GetIdGetter();

        protected override bool MoveNextCore()
        {
            while (input.MoveNext())
            {
                if (_test())
                    return true;
            }
            return false;
        }

        protected override void DisposeCore() => input.Dispose();
    }
}
