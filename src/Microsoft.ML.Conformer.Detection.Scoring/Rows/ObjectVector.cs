using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Detection.Rows;

/// <summary>Columns that have values for each object of an image.</summary>
internal static class ObjectVector
{
    public static bool AreKeys(DataViewType type) =>
        type is VectorDataViewType { ItemType: KeyDataViewType key } && key.RawType == typeof(uint);

    public static bool AreNumbers(DataViewType type) =>
        type is VectorDataViewType { ItemType: NumberDataViewType item } && item == NumberDataViewType.Single;

    public static bool AreTexts(DataViewType type) => type is VectorDataViewType { ItemType: TextDataViewType };

    /// <exception cref="ArgumentOutOfRangeException">The column is absent or of another type.</exception>
    public static DataViewSchema.Column Find(
        DataViewSchema schema, string name, string role, string expected, Func<DataViewType, bool> fits,
        string advice = "mlContext.Data.LoadFromCoco and its siblings make it.")
    {
        if (schema.GetColumnOrNull(name) is not { } column)
            throw ColumnErrors.Missing(role, name, schema, $"It must be {expected}; {advice}");
        return fits(column.Type)
            ? column
            : throw ColumnErrors.Mismatch(role, name, expected, $"{column.Type}", "Convert it, or name another column.");
    }

    public static Func<T[]> Getter<T>(DataViewRow row, string column)
    {
        var getter = row.GetGetter<VBuffer<T>>(row.Schema[column]);
        VBuffer<T> values = default;
        return () =>
        {
            getter(ref values);
            return [.. values.DenseValues()];
        };
    }

    /// <param name="row">The row that was read.</param>
    /// <param name="labels">The column that says how many objects there are.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="columns">The others, how many values they have, null where there is no such column, and how many of each object.</param>
    /// <exception cref="InvalidDataException">A column has another number of values than it should.</exception>
    public static void ThrowIfOther(
        DataViewRow row, string labels, int count, params ReadOnlySpan<(string? Column, int? Length, int Each)> columns)
    {
        foreach (var (column, length, each) in columns)
            if (length is { } values && values != count * each)
                throw new InvalidDataException(
                    $"Row {row.Position} has {count} labels (column '{labels}'), but {values} values in the column '{column}'; " +
                    $"expected {count * each}.");
    }
}
