using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Conformer.Onnx.Format;

/// <summary>A constant of a graph. Its values are made only when they are written: no second copy of the weights is in memory.</summary>
internal sealed class OnnxInitializer
{
    private readonly Action<Stream> _write;

    public OnnxInitializer(string name, IReadOnlyList<long> shape, WeightTensor values) : this(name, OnnxElementType.Float, shape, _ => { })
    {
        if (values.Length != ElementCount)
            throw new OnnxExportException($"'{name}' has {values.Length} values; its shape is [{string.Join(", ", shape)}].");
        Floats = new WeightTensor(values.Length, destination => CopyChecked(values, destination));
        _write = stream =>
        {
            using var rented = Floats.Read();
            stream.Write(MemoryMarshal.AsBytes(rented.Span));
        };
    }

    public OnnxInitializer(string name, IReadOnlyList<long> shape, long[] values)
        : this(name, OnnxElementType.Int64, shape, stream => stream.Write(MemoryMarshal.AsBytes(values.AsSpan())))
    {
    }

    /// <summary>A tensor whose values <paramref name="write"/> writes in row-major, little-endian order.</summary>
    public OnnxInitializer(string name, OnnxElementType type, IReadOnlyList<long> shape, Action<Stream> write) =>
        (Name, Type, Shape, _write) = (name, type, shape, write);

    public string Name { get; }

    public IReadOnlyList<long> Shape { get; }

    public OnnxElementType Type { get; }

    /// <summary>The values of a tensor of floats; null for other types. Reading throws where one is not finite.</summary>
    public WeightTensor? Floats { get; }

    /// <summary>Whether its values are the network's own; those of other constants follow from the architecture.</summary>
    public bool IsWeight { get; init; }

    public long ByteLength => ElementCount * SizeOf(Type);

    private long ElementCount => Shape.Aggregate(1L, (size, dimension) => checked(size * dimension));

    /// <summary>Writes the values in row-major, little-endian order: exactly <see cref="ByteLength"/> bytes.</summary>
    public void WriteValues(Stream destination)
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("ONNX files hold little-endian numbers; this machine's are big-endian.");
        _write(destination);
    }

    private static int SizeOf(OnnxElementType type) => type switch
    {
        OnnxElementType.Uint8 or OnnxElementType.Int8 => 1,
        OnnxElementType.Float16 => 2,
        OnnxElementType.Float or OnnxElementType.Int32 => 4,
        OnnxElementType.Int64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Constants of this type are not written."),
    };

    private void CopyChecked(WeightTensor values, Span<float> destination)
    {
        values.CopyTo(destination);
        if (!TensorPrimitives.IsFiniteAll<float>(destination))
        {
            var wrong = destination.IndexOfAnyExceptInRange(float.MinValue, float.MaxValue);
            throw new OnnxExportException(
                $"'{Name}' is {destination[wrong]} at element {wrong}; a network with such weights cannot be used.");
        }
    }
}
