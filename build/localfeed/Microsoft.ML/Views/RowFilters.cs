using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Filters rows by the range that one column's value is in.</summary>
internal static class RowFilters
{
    public static bool CanTest(DataViewType type) =>
        type == NumberDataViewType.Single || type == NumberDataViewType.Double || type is KeyDataViewType;

    /// <summary>The rows whose value passes. A key counts as its place (index + 0.5) / count; rows with a missing key never pass.</summary>
    public static IDataView ByValue(IDataView source, string columnName, Func<double, bool> isIn)
    {
        var column = source.Schema[columnName];
        return new FilteredView(source, [column.Index], row => column.Type is KeyDataViewType key
            ? GenericCall.Invoke<Func<bool>>(KeyTest<int>, key.RawType, row, column, key.Count, isIn)
            : column.Type == NumberDataViewType.Single ? NumberTest<float>(row, column, isIn) : NumberTest<double>(row, column, isIn));
    }

    private static Func<bool> NumberTest<T>(DataViewRow row, DataViewSchema.Column column, Func<double, bool> isIn)
        where T : struct
    {
        var getter = row.GetGetter<T>(column);
        return () =>
        {
            T value = default;
            getter(ref value);
            return isIn(Convert.ToDouble(value));
        };
    }

    private static Func<bool> KeyTest<T>(DataViewRow row, DataViewSchema.Column column, ulong count, Func<double, bool> isIn)
        where T : struct
    {
        var getter = row.GetGetter<T>(column);
        return () =>
        {
            T value = default;
            getter(ref value);
            var key = Convert.ToUInt64(value);
            return key > 0 && key <= count && isIn((key - 0.5) / count);
        };
    }
}
