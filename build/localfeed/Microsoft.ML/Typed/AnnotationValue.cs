using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Turns the values that users annotate columns with into getters.</summary>
internal static class AnnotationValue
{
    /// <summary>A getter of the raw type of <paramref name="annotationType"/> that gives <paramref name="value"/>.</summary>
    public static Delegate CreateGetter<T>(T value, DataViewType annotationType)
    {
        var (isVector, itemType) = Member.ItemTypeOf("annotation value", typeof(T), []);
        var typeIsVector = annotationType is VectorDataViewType;
        Contracts.Check(isVector == typeIsVector,
            $"Value inputted is supposed to be {Kind(isVector)}, but type of Annotationinfo is {Kind(typeIsVector)}");
        Contracts.Check(itemType == annotationType.GetItemType().RawType,
            $"Value inputted is supposed to have Type {itemType}, " +
            $"but type of Annotationinfo has {annotationType.GetItemType().RawType}");
        return value switch
        {
            string text => (ValueGetter<ReadOnlyMemory<char>>)((ref ReadOnlyMemory<char> destination) => destination = text.AsMemory()),
            string[] texts => GenericCall.Invoke<Delegate>(ArrayGetter<int>, typeof(ReadOnlyMemory<char>),
                Array.ConvertAll(texts, text => text.AsMemory())),
            Array => GenericCall.Invoke<Delegate>(ArrayGetter<int>, itemType, value),
            _ when isVector => GenericCall.Invoke<Delegate>(BufferGetter<int>, itemType, value),
            _ => (ValueGetter<T>)((ref T destination) => destination = value),
        };
    }

    private static string Kind(bool isVector) => isVector ? "vector" : "scalar";

    private static Delegate ArrayGetter<TItem>(TItem[] values) =>
        (ValueGetter<VBuffer<TItem>>)((ref VBuffer<TItem> destination) => VBuffer<TItem>.Copy(values, 0, ref destination, values.Length));

    private static Delegate BufferGetter<TItem>(VBuffer<TItem> values) =>
        (ValueGetter<VBuffer<TItem>>)((ref VBuffer<TItem> destination) => values.CopyTo(ref destination));
}
