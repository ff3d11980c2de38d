using System.Numerics;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Columns;

/// <summary>Reads class indices out of a key column, whatever integer type the key is stored in.</summary>
internal static class KeyLabel
{
    /// <summary>Gives the current row's class index from 0; null where the label is missing (raw value 0, or above the count).</summary>
    public static Func<long?> Bind(DataViewRow row, DataViewSchema.Column column)
    {
        if (column.Type is not KeyDataViewType key)
            throw new ArgumentException(
                $"The label column '{column.Name}' has the type {column.Type}; expected a key, as MapValueToKey makes.", nameof(column));

        return Type.GetTypeCode(key.RawType) switch
        {
            TypeCode.Byte => Bind<byte>(row, column, key.Count),
            TypeCode.UInt16 => Bind<ushort>(row, column, key.Count),
            TypeCode.UInt32 => Bind<uint>(row, column, key.Count),
            _ => Bind<ulong>(row, column, key.Count),
        };
    }

    private static Func<long?> Bind<T>(DataViewRow row, DataViewSchema.Column column, ulong count) where T : struct, IBinaryInteger<T>
    {
        var getter = row.GetGetter<T>(column);
        return () =>
        {
            var raw = default(T);
            getter(ref raw);
            var value = ulong.CreateTruncating(raw);
            return value == 0 || value > count ? null : (long)(value - 1);
        };
    }
}
