using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Transforms.Onnx;

/// <summary>Makes tensors of column values.</summary>
internal static class InputTensor
{
    /// <summary>A function that gives the column's value in the row's current state.</summary>
    /// <param name="row">The row.</param>
    /// <param name="column">A column of numbers, booleans or text, scalar or vector.</param>
    /// <param name="shape">The model's; at most one 0, which stands for what the vector's length leaves.</param>
    public static Func<NamedOnnxValue> Follow(DataViewRow row, DataViewSchema.Column column, int[] shape) =>
        column.Type is VectorDataViewType vector
            ? GenericCall.Invoke<Func<NamedOnnxValue>>(FollowVector<int>, vector.ItemType.RawType, row, column, shape)
            : GenericCall.Invoke<Func<NamedOnnxValue>>(FollowScalar<int>, column.Type.RawType, row, column);

    private static Func<NamedOnnxValue> FollowScalar<T>(DataViewRow row, DataViewSchema.Column column)
    {
        var getter = row.GetGetter<T>(column);
        return () =>
        {
            T value = default;
            getter(ref value);
            return Create(column.Name, [value], [1, 1]);
        };
    }

    private static Func<NamedOnnxValue> FollowVector<T>(DataViewRow row, DataViewSchema.Column column, int[] shape)
    {
        var getter = row.GetGetter<VBuffer<T>>(column);
        VBuffer<T> vector = default;
        var known = shape.Where(size => size > 0).Aggregate(1, (product, size) => product * size);
        return () =>
        {
            getter(ref vector);
            var values = new T[vector.Length];
            vector.CopyTo(values);
            return Create(column.Name, values, Array.ConvertAll(shape, size => size > 0 ? size : values.Length / known));
        };
    }

    private static NamedOnnxValue Create<T>(string name, T[] values, int[] shape) => values is ReadOnlyMemory<char>[] texts
        ? NamedOnnxValue.CreateFromTensor(name, new DenseTensor<string>(Array.ConvertAll(texts, text => text.ToString()), shape))
        : NamedOnnxValue.CreateFromTensor(name, new DenseTensor<T>(values, shape));
}
