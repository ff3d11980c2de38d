using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Columns;

/// <summary>Reads class indices out of a key column, whatever integer type the key is stored in.</summary>
internal static class KeyLabel
{
    /// <summary>
    /// A function that gives the current row's class index from 0, or null where the label is missing (a raw value of 0, or above the
    /// key's count).
    /// </summary>
    public static Func<long?> Bind(DataViewRow row, DataViewSchema.Column column)
    {
        if (column.Type is not KeyDataViewType key)
        {
            throw new ArgumentException(
                $"The label column '{column.Name}' has the type {column.Type}; expected a key, as MapValueToKey makes.", nameof(column));
        }

        return Type.GetTypeCode(key.RawType) switch
        {
            TypeCode.Byte => Bind<byte>(row, column, key.Count, value => value),
            TypeCode.UInt16 => Bind<ushort>(row, column, key.Count, value => value),
            TypeCode.UInt32 => Bind<uint>(row, column, key.Count, value => value),
            _ => Bind<ulong>(row, column, key.Count, value => value),
        };
    }

    private static Func<long?> Bind<T>(DataViewRow row, DataViewSchema.Column column, ulong count, Func<T, ulong> widen)
        where T : struct
    {
        var getter = row.GetGetter<T>(column);
        return () =>
        {
            var raw = default(T);
            getter(ref raw);
            var value = widen(raw);
            return value == 0 || value > count ? null : (long)(value - 1);
        };
    }
}
