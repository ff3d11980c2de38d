using System.Buffers;

namespace Microsoft.ML.Conformer.Onnx.Format;

/// <summary>
/// A tensor's values, made anew whenever they are asked for, into memory that the asker brings: a network is written through a few
/// buffers that serve one tensor after the other.
/// </summary>
/// <param name="length">Number of values.</param>
/// <param name="write">Writes the values in row-major order into a span of that length.</param>
internal sealed class WeightTensor(long length, Action<Span<float>> write)
{
    /// <summary>Number of values.</summary>
    public int Length { get; } = checked((int)length);

    /// <summary>A tensor in memory.</summary>
    public static implicit operator WeightTensor(float[] values) => new(values.Length, destination => values.CopyTo(destination));

    /// <summary>Writes the values in row-major order into <paramref name="destination"/>, which has <see cref="Length"/>.</summary>
    public void CopyTo(Span<float> destination)
    {
        if (destination.Length != Length)
            throw new ArgumentException($"The span has {destination.Length} values; the tensor has {Length}.", nameof(destination));
        write(destination);
    }

    /// <summary>The values in a rented buffer, which disposing gives back.</summary>
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

    /// <summary>Values in a rented buffer.</summary>
    public readonly ref struct Values(int length) : IDisposable
    {
        private readonly float[] _buffer = ArrayPool<float>.Shared.Rent(length);

        /// <summary>The values; usable until they are disposed.</summary>
        public Span<float> Span => _buffer.AsSpan(0, length);

        /// <summary>Gives the buffer back; once only.</summary>
        public void Dispose() => ArrayPool<float>.Shared.Return(_buffer);
    }
}
