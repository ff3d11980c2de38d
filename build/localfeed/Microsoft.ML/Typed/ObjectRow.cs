using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>A row that reads from one object after the other.</summary>
internal sealed class ObjectRow<TRow> : DataViewRow
    where TRow : class
{
    private readonly Delegate[] _getters;
    private TRow _current;
    private long _position = -1;

    public ObjectRow(TypedColumn[] columns)
    {
        Schema = DataViewSchema.Create(columns.Select(column => column.Column));
        _getters = Array.ConvertAll(columns, column => ObjectReader<TRow>.CreateGetter(column, () => _current));
    }

    public override DataViewSchema Schema { get; }

    public override long Position => _position;

    public override long Batch => 0;

    public void MoveTo(TRow row)
    {
        _current = row;
        _position++;
    }

    public override bool IsColumnActive(DataViewSchema.Column column) => true;

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        Contracts.CheckParam(column.Index < _getters.Length, nameof(column), "requested column not active");
        return Columns.TypedGetter<TValue>(_getters[column.Index]);
    }

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId value) => value = new((ulong)_position, 0);
}
