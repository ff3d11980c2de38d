using System.Buffers;

namespace Microsoft.ML.Conformer.Weights.Checkpoints;

/// <summary>
/// Gathers a tensor whose elements are out of order or have gaps between them. The dimensions are walked by falling stride, so that what
/// is read together lies together; a stretch is read at once where it is small or mostly wanted, and cut along its widest dimension
/// where it is not.
/// </summary>
internal sealed class StridedView
{
    private const int StretchElements = 1 << 18;

    private readonly CheckpointTensor _tensor;
    private readonly Dimension[] _dimensions;

    public StridedView(CheckpointTensor tensor)
    {
        _tensor = tensor;
        var dimensions = new List<Dimension>();
        var target = 1L;
        for (var d = tensor.Shape.Count - 1; d >= 0; d--)
        {
            if (tensor.Shape[d] > 1)
                dimensions.Add(new(tensor.Shape[d], tensor.Strides[d], target));
            target *= tensor.Shape[d];
        }
        _dimensions = [.. dimensions.OrderByDescending(dimension => dimension.Stride)];
    }

    public void Read(Span<float> destination) => Read(destination, _tensor.Offset, 0, _dimensions);

    private void Read(Span<float> destination, long source, long target, ReadOnlySpan<Dimension> dimensions)
    {
        long count = 1, stretch = 1;
        foreach (var dimension in dimensions)
        {
            count *= dimension.Size;
            stretch += (dimension.Size - 1) * dimension.Stride;
        }
        if (stretch <= StretchElements || (stretch <= 2 * count && stretch <= Array.MaxLength))
        {
            var rented = ArrayPool<float>.Shared.Rent((int)stretch);
            try
            {
                var values = rented.AsSpan(0, (int)stretch);
                TensorReader.ReadContiguous(_tensor, source, values, verify: false);
                Scatter(values, 0, destination, target, dimensions);
            }
            finally
            {
                ArrayPool<float>.Shared.Return(rented);
            }
            return;
        }

        var widest = dimensions[0];
        var step = dimensions.Length > 1 ? 1 : Math.Max(1, StretchElements / widest.Stride);
        for (var i = 0L; i < widest.Size; i += step)
        {
            var size = Math.Min(step, widest.Size - i);
            Dimension[] slice = size == 1 ? [.. dimensions[1..]] : [widest with { Size = size }];
            Read(destination, source + i * widest.Stride, target + i * widest.Target, slice);
        }
    }

    private static void Scatter(
        ReadOnlySpan<float> values, long from, Span<float> destination, long to, ReadOnlySpan<Dimension> dimensions)
    {
        if (dimensions.Length == 0)
        {
            destination[(int)to] = values[(int)from];
            return;
        }
        var (size, stride, target) = dimensions[0];
        if (dimensions.Length > 1)
            for (var i = 0L; i < size; i++)
                Scatter(values, from + i * stride, destination, to + i * target, dimensions[1..]);
        else
            for (var i = 0L; i < size; i++)
                destination[(int)(to + i * target)] = values[(int)(from + i * stride)];
    }

    /// <summary>A dimension's size, and the distance of neighbors in the storage and in the row-major result, in elements.</summary>
    private readonly record struct Dimension(long Size, long Stride, long Target);
}
