using System.Buffers;

namespace Microsoft.ML.Conformer.Onnx.Format;

/// <summary>A tensor's values in row-major order, made anew into memory that the asker brings: few buffers serve a network.</summary>
internal sealed class WeightTensor(long length, Action<Span<float>> write)
{
    public int Length { get; } = checked((int)length);

    public static implicit operator WeightTensor(float[] values) => new(values.Length, destination => values.CopyTo(destination));

    public void CopyTo(Span<float> destination)
    {
        if (destination.Length != Length)
            throw new ArgumentException($"The span has {destination.Length} values; the tensor has {Length}.", nameof(destination));
        write(destination);
    }

    /// <summary>A convolution's weight, [out, in, kernel, kernel], with each input channel multiplied by its factor.</summary>
    public WeightTensor ScaleInputs(IReadOnlyList<double> factors, int kernel) => new(Length, values =>
    {
        CopyTo(values);
        for (var i = 0; i < values.Length; i++)
            values[i] = (float)(values[i] * factors[i / (kernel * kernel) % factors.Count]);
    });

    public Values Read()
    {
        var values = new Values(Length);
        CopyTo(values.Span);
        return values;
    }

    /// <summary>The values in an array of their own; for small tensors.</summary>
    public float[] ToArray()
    {
        var values = new float[Length];
        CopyTo(values);
        return values;
    }

    public readonly ref struct Values(int length) : IDisposable
    {
        private readonly float[] _buffer = ArrayPool<float>.Shared.Rent(length);

        /// <summary>The values; usable until they are disposed.</summary>
        public Span<float> Span => _buffer.AsSpan(0, length);

        /// <summary>Gives the buffer back; once only.</summary>
        public void Dispose() => ArrayPool<float>.Shared.Return(_buffer);
    }
}
