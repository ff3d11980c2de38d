using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Enumerates the values of one column.</summary>
public static class ColumnCursorExtensions
{
    /// <inheritdoc cref="GetColumn{T}(IDataView, DataViewSchema.Column)"/>
    public static IEnumerable<T> GetColumn<T>(this IDataView data, string columnName)
    {
        Contracts.CheckValue(data, nameof(data));
        Contracts.CheckNonEmpty(columnName, nameof(columnName));
        return data.GetColumn<T>(data.Schema.GetColumnOrNull(columnName)
            ?? throw Contracts.ExceptSchemaMismatch(null, nameof(columnName), "input", columnName));
    }

    /// <summary>
    /// The column's values: as string for text, as array for a vector, or as the raw type. A vector is copied for each row.
    /// </summary>
    public static IEnumerable<T> GetColumn<T>(this IDataView data, DataViewSchema.Column column)
    {
        Contracts.CheckValue(data, nameof(data));
        var found = data.Schema.GetColumnOrNull(column.Name)
            ?? throw Contracts.ExceptSchemaMismatch(null, nameof(column), "input", column.Name);
        Contracts.CheckParam(found.Index == column.Index && found.Type.Equals(column.Type), nameof(column),
            "column does not exist in the given view");
        if (typeof(T) == column.Type.RawType)
            return Enumerate<T, T>(data, column, CopyOf);
        if (typeof(T) == typeof(string) && column.Type is TextDataViewType)
            return Enumerate<ReadOnlyMemory<char>, T>(data, column, text => (T)(object)text.ToString());
        if (typeof(T) == typeof(string[]) && column.Type.GetItemType() is TextDataViewType && column.Type is VectorDataViewType)
        {
            return Enumerate<VBuffer<ReadOnlyMemory<char>>, T>(data, column,
                texts => (T)(object)texts.DenseValues().Select(text => text.ToString()).ToArray());
        }
        if (column.Type is VectorDataViewType vector && typeof(T) == vector.ItemType.RawType.MakeArrayType())
            return GenericCall.Invoke<IEnumerable<T>>(EnumerateArrays<int>, vector.ItemType.RawType, data, column);
        throw Contracts.ExceptSchemaMismatch(null, nameof(column), "input", column.Name, column.Type.RawType.FullName,
            typeof(T).FullName);
    }

    private static IEnumerable<T[]> EnumerateArrays<T>(IDataView data, DataViewSchema.Column column) =>
        Enumerate<VBuffer<T>, T[]>(data, column, vector => vector.DenseValues().ToArray());

    private static IEnumerable<TResult> Enumerate<TRaw, TResult>(IDataView data, DataViewSchema.Column column, Func<TRaw, TResult> convert)
    {
        using var cursor = data.GetRowCursor([column]);
        var getter = cursor.GetGetter<TRaw>(column);
        var value = default(TRaw);
        while (cursor.MoveNext())
        {
            getter(ref value);
            yield return convert(value);
            // What was given out must not be filled again.
            value = default;
        }
    }

    private static T CopyOf<T>(T value) => value;
}
