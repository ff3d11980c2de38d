namespace Microsoft.ML.Conformer.Weights.Checkpoints;

/// <summary>One named tensor of a weight file: a strided view of a storage, whose bounds were checked when it was made.</summary>
internal sealed class CheckpointTensor
{
    private CheckpointTensor(string name, ElementType type, TensorStorage storage, long[] shape, long[] strides, long offset, long count) =>
        (Name, Type, Storage, Shape, Strides, Offset, Count) = (name, type, storage, shape, strides, offset, count);

    public string Name { get; }

    public ElementType Type { get; }

    public TensorStorage Storage { get; }

    public IReadOnlyList<long> Shape { get; }

    /// <summary>Elements of the storage between neighbors along each dimension.</summary>
    public IReadOnlyList<long> Strides { get; }

    /// <summary>The first element's index in the storage.</summary>
    public long Offset { get; }

    public long Count { get; }

    /// <summary>Whether the elements lie in the storage in row-major order without gaps.</summary>
    public bool IsContiguous => Shape.Zip(Strides, RowMajorStrides(Shape)).All(d => d.First == 1 || d.Second == d.Third);

    /// <summary>A row-major view that fills its storage.</summary>
    public static CheckpointTensor Contiguous(string fileName, string name, ElementType type, TensorStorage storage, long[] shape)
    {
        var count = CountElements(fileName, name, shape);
        if ((Int128)count * type.Size != storage.Length)
            throw new CheckpointFormatException(fileName,
                $"{type} {ShapeText(shape)} takes {(Int128)count * type.Size} bytes, but its data has {storage.Length}.", name);
        return new(name, type, storage, shape, RowMajorStrides(shape), 0, count);
    }

    /// <summary>A view by strides, in elements.</summary>
    public static CheckpointTensor Strided(
        string fileName, string name, ElementType type, TensorStorage storage, long[] shape, long[] strides, long offset)
    {
        CheckpointFormatException Fault(string reason) => new(fileName, reason, name);

        var count = CountElements(fileName, name, shape);
        if (strides.Length != shape.Length)
            throw Fault($"it has {shape.Length} sizes but {strides.Length} strides.");
        if (offset < 0 || strides.Any(stride => stride < 0))
            throw Fault($"offset {offset} and strides {ShapeText(strides)} may not be negative.");

        var available = storage.Length / type.Size;
        Int128 last = offset;
        for (var d = 0; d < shape.Length; d++)
            last += (Int128)Math.Max(0, shape[d] - 1) * strides[d];
        if (count == 0 ? offset > available : last >= available)
            throw Fault($"shape {ShapeText(shape)} with strides {ShapeText(strides)} from element {offset} on leads out of "
                + $"its storage of {available} elements.");
        if (count > 0 && Overlaps(shape, strides))
            throw Fault($"the elements of shape {ShapeText(shape)} with strides {ShapeText(strides)} overlap; save a copy of "
                + "the tensor (clone()).");
        if (count > available && count > CheckpointLimits.MaxExpandedElements)
            throw Fault($"its {count} elements repeat a storage of {available}; at most {CheckpointLimits.MaxExpandedElements} may.");
        return new(name, type, storage, shape, strides, offset, count);
    }

    /// <summary>"[36, 12]"; "[]" for a scalar.</summary>
    public static string ShapeText(IEnumerable<long> shape) => $"[{string.Join(", ", shape)}]";

    private static long[] RowMajorStrides(IReadOnlyList<long> shape)
    {
        var strides = new long[shape.Count];
        for (var d = shape.Count - 1; d >= 0; d--)
            strides[d] = d == shape.Count - 1 ? 1 : strides[d + 1] * Math.Max(1, shape[d + 1]);
        return strides;
    }

    /// <summary>Whether two indices meet in one element other than by a stride of 0, which repeats whole stretches.</summary>
    private static bool Overlaps(long[] shape, long[] strides)
    {
        Int128 extent = 1;
        foreach (var d in Enumerable.Range(0, shape.Length).Where(d => shape[d] > 1 && strides[d] > 0).OrderBy(d => strides[d]))
        {
            if (strides[d] < extent)
                return true;
            extent += (Int128)(shape[d] - 1) * strides[d];
        }
        return false;
    }

    private static long CountElements(string fileName, string name, long[] shape)
    {
        if (shape.Length > CheckpointLimits.MaxDimensions)
            throw new CheckpointFormatException(
                fileName, $"it has {shape.Length} dimensions; at most {CheckpointLimits.MaxDimensions} are read.", name);
        Int128 count = 1;
        foreach (var size in shape)
        {
            if (size < 0)
                throw new CheckpointFormatException(fileName, $"shape {ShapeText(shape)} has a negative size.", name);
            count *= size;
            // Sizes behind a zero may be anything below 2^63, so that the product stays within 128 bits if it is bounded here.
            if (count > long.MaxValue)
                throw new CheckpointFormatException(fileName, $"shape {ShapeText(shape)} has more than 2^63 elements.", name);
        }
        return (long)count;
    }
}
