using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>What column types and .NET types have to do with each other.</summary>
internal static class ColumnTypes
{
    private static readonly Dictionary<Type, PrimitiveDataViewType> s_primitiveTypes = new PrimitiveDataViewType[]
    {
        TextDataViewType.Instance, BooleanDataViewType.Instance, DateTimeDataViewType.Instance, DateTimeOffsetDataViewType.Instance,
        TimeSpanDataViewType.Instance, RowIdDataViewType.Instance, NumberDataViewType.SByte, NumberDataViewType.Byte,
        NumberDataViewType.Int16, NumberDataViewType.UInt16, NumberDataViewType.Int32, NumberDataViewType.UInt32,
        NumberDataViewType.Int64, NumberDataViewType.UInt64, NumberDataViewType.Single, NumberDataViewType.Double,
    }.ToDictionary(type => type.RawType);

    /// <summary>The item type of a vector, or the type itself.</summary>
    public static DataViewType GetItemType(this DataViewType type) => type is VectorDataViewType vector ? vector.ItemType : type;

    /// <summary>The number of items of a vector of known size, 1 for a scalar, 0 otherwise.</summary>
    public static int GetValueCount(this DataViewType type) => type is VectorDataViewType vector ? vector.Size : 1;

    public static int GetVectorSize(this DataViewType type) => type is VectorDataViewType vector ? vector.Size : 0;

    /// <summary>The number of values of a key, or of the items of a vector of keys; 0 for other types.</summary>
    public static ulong GetKeyCount(this DataViewType type) => type.GetItemType() is KeyDataViewType key ? key.Count : 0;

    public static bool IsPrimitiveRawType(Type type) => s_primitiveTypes.ContainsKey(type) || type == typeof(string);

    /// <summary>The primitive type with that raw type; string stands for text.</summary>
    public static PrimitiveDataViewType PrimitiveTypeOf(Type type) =>
        type == typeof(string) ? TextDataViewType.Instance
            : s_primitiveTypes.TryGetValue(type, out var primitive) ? primitive
            : throw Contracts.ExceptParam(nameof(type), $"Bad data type in conversion to {nameof(PrimitiveDataViewType)}: {type}");

    /// <summary>The primitive type whose raw type, or string for text, has that full name.</summary>
    public static PrimitiveDataViewType PrimitiveTypeNamed(string name) =>
        name == typeof(string).FullName ? TextDataViewType.Instance
            : s_primitiveTypes.Values.FirstOrDefault(type => type.RawType.FullName == name)
            ?? throw new FormatException($"There is no column type '{name}'.");
}
