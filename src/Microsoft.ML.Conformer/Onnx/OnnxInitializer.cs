using System.Runtime.InteropServices;
using Microsoft.ML.Conformer.Weights;

namespace Microsoft.ML.Conformer.Onnx;

/// <summary>
/// A constant tensor of a graph. Its size follows from its shape; its values are made only when they are written, so that a network is
/// written without a second copy of its weights in memory.
/// </summary>
internal sealed class OnnxInitializer
{
    private readonly Func<float[]>? _readFloats;
    private readonly long[]? _integers;

    public OnnxInitializer(string name, IReadOnlyList<long> shape, Func<float[]> read)
    {
        (Name, Shape, Type, _readFloats) = (name, shape, OnnxElementType.Float, read);
        ByteLength = shape.Aggregate((long)sizeof(float), (size, dimension) => checked(size * dimension));
    }

    public OnnxInitializer(string name, IReadOnlyList<long> shape, long[] values)
    {
        (Name, Shape, Type, _integers) = (name, shape, OnnxElementType.Int64, values);
        ByteLength = values.Length * (long)sizeof(long);
    }

    public string Name { get; }

    public IReadOnlyList<long> Shape { get; }

    public OnnxElementType Type { get; }

    /// <summary>Size of the values in bytes.</summary>
    public long ByteLength { get; }

    /// <summary>Writes the values in row-major, little-endian order: exactly <see cref="ByteLength"/> bytes.</summary>
    /// <exception cref="OnnxExportException">A value is not finite.</exception>
    public void WriteValues(Stream destination)
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("ONNX files hold little-endian numbers; this machine's are big-endian.");
        if (_integers is not null)
        {
            destination.Write(MemoryMarshal.AsBytes(_integers.AsSpan()));
            return;
        }

        var values = _readFloats!();
        if (values.LongLength * sizeof(float) != ByteLength)
            throw new OnnxExportException($"'{Name}' has {values.Length} values; its shape is [{string.Join(", ", Shape)}].");
        var wrong = FiniteValues.FirstOther(values);
        if (wrong >= 0)
            throw new OnnxExportException($"'{Name}' is {values[wrong]} at element {wrong}; a network with such weights cannot be used.");
        destination.Write(MemoryMarshal.AsBytes(values.AsSpan()));
    }
}
