namespace Microsoft.ML.Data;

/// <summary>Reads the well-known annotations of columns.</summary>
public static class SchemaAnnotationsExtensions
{
    /// <summary>Whether the column is a vector of known size with a text for each slot.</summary>
    public static bool HasSlotNames(this DataViewSchema.Column column) =>
        column.Type.GetVectorSize() is > 0 and var size
        && HasVector(column, AnnotationKinds.SlotNames, TextDataViewType.Instance, (ulong)size);

    /// <summary>The names of the slots.</summary>
    /// <exception cref="InvalidOperationException">There are none.</exception>
    public static void GetSlotNames(this DataViewSchema.Column column, ref VBuffer<ReadOnlyMemory<char>> slotNames) =>
        column.Annotations.GetValue(AnnotationKinds.SlotNames, ref slotNames);

    /// <summary>Whether the column is a key, or a vector of keys, with a value of that type for each key.</summary>
    /// <param name="keyValueItemType">Default text.</param>
    public static bool HasKeyValues(this DataViewSchema.Column column, PrimitiveDataViewType keyValueItemType = null) =>
        column.Type.GetKeyCount() is > 0 and var count
        && HasVector(column, AnnotationKinds.KeyValues, keyValueItemType ?? TextDataViewType.Instance, count);

    /// <summary>The values behind the keys, in key order.</summary>
    /// <exception cref="InvalidOperationException">There are none, or they are of another type.</exception>
    public static void GetKeyValues<TValue>(this DataViewSchema.Column column, ref VBuffer<TValue> keyValues) =>
        column.Annotations.GetValue(AnnotationKinds.KeyValues, ref keyValues);

    private static bool HasVector(DataViewSchema.Column column, string kind, PrimitiveDataViewType itemType, ulong size) =>
        column.Annotations.Schema.GetColumnOrNull(kind)?.Type is VectorDataViewType vector
        && (ulong)vector.Size == size && vector.ItemType.Equals(itemType);
}
