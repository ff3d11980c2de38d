using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Conformer.Weights.Checkpoints;

/// <summary>How one number of a tensor is stored, and how it becomes fp32.</summary>
internal sealed class ElementType
{
    public static readonly ElementType Float32 = new("float32", 4, true, DecodeFloat32);
    public static readonly ElementType Float64 = new("float64", 8, true, DecodeFloat64);
    public static readonly ElementType Float16 = new("float16", 2, true, DecodeFloat16);
    public static readonly ElementType BFloat16 = new("bfloat16", 2, true, DecodeBFloat16);
    public static readonly ElementType Int64 = new("int64", 8, false, DecodeInt64);
    public static readonly ElementType Int32 = new("int32", 4, false, DecodeInt32);
    public static readonly ElementType Int16 = new("int16", 2, false, DecodeInt16);
    public static readonly ElementType Int8 = new("int8", 1, false, DecodeInt8);
    public static readonly ElementType UInt8 = new("uint8", 1, false, DecodeUInt8);
    public static readonly ElementType Boolean = new("bool", 1, false, DecodeUInt8);

    private readonly Decoder? _decode;

    private ElementType(string name, int size, bool isFloatingPoint, Decoder? decode)
    {
        (Name, Size, IsFloatingPoint, _decode) = (name, size, isFloatingPoint, decode);
    }

    private delegate void Decoder(ReadOnlySpan<byte> bytes, Span<float> values);

    /// <summary>PyTorch's name, such as "float32".</summary>
    public string Name { get; }

    /// <summary>Bytes of one element.</summary>
    public int Size { get; }

    /// <summary>Whether it can hold a weight.</summary>
    public bool IsFloatingPoint { get; }

    /// <summary>Whether it can be read as fp32.</summary>
    public bool IsReadable => _decode is not null;

    /// <summary>A type that is known by name and size, so that a file that has it is understood, but whose values are not read.</summary>
    public static ElementType Unreadable(string name, int size) => new(name, size, false, null);

    /// <summary>Little-endian elements to fp32; fp64 rounds to nearest, and what exceeds fp32 becomes infinite.</summary>
    public void Decode(ReadOnlySpan<byte> bytes, Span<float> values) =>
        (_decode ?? throw new InvalidOperationException($"{Name} is not readable."))(bytes, values);

    public override string ToString() => Name;

    private static void DecodeFloat32(ReadOnlySpan<byte> bytes, Span<float> values)
    {
        if (BitConverter.IsLittleEndian)
            bytes[..(values.Length * sizeof(float))].CopyTo(MemoryMarshal.AsBytes(values));
        else
            for (var i = 0; i < values.Length; i++)
                values[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes[(4 * i)..]);
    }

    private static void DecodeFloat64(ReadOnlySpan<byte> bytes, Span<float> values)
    {
        for (var i = 0; i < values.Length; i++)
            values[i] = (float)BinaryPrimitives.ReadDoubleLittleEndian(bytes[(8 * i)..]);
    }

    private static void DecodeFloat16(ReadOnlySpan<byte> bytes, Span<float> values)
    {
        for (var i = 0; i < values.Length; i++)
            values[i] = (float)BinaryPrimitives.ReadHalfLittleEndian(bytes[(2 * i)..]);
    }

    // bfloat16 is the upper half of a float32.
    private static void DecodeBFloat16(ReadOnlySpan<byte> bytes, Span<float> values)
    {
        for (var i = 0; i < values.Length; i++)
            values[i] = BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadInt16LittleEndian(bytes[(2 * i)..]) << 16);
    }

    private static void DecodeInt64(ReadOnlySpan<byte> bytes, Span<float> values)
    {
        for (var i = 0; i < values.Length; i++)
            values[i] = BinaryPrimitives.ReadInt64LittleEndian(bytes[(8 * i)..]);
    }

    private static void DecodeInt32(ReadOnlySpan<byte> bytes, Span<float> values)
    {
        for (var i = 0; i < values.Length; i++)
            values[i] = BinaryPrimitives.ReadInt32LittleEndian(bytes[(4 * i)..]);
    }

    private static void DecodeInt16(ReadOnlySpan<byte> bytes, Span<float> values)
    {
        for (var i = 0; i < values.Length; i++)
            values[i] = BinaryPrimitives.ReadInt16LittleEndian(bytes[(2 * i)..]);
    }

    private static void DecodeInt8(ReadOnlySpan<byte> bytes, Span<float> values)
    {
        for (var i = 0; i < values.Length; i++)
            values[i] = (sbyte)bytes[i];
    }

    private static void DecodeUInt8(ReadOnlySpan<byte> bytes, Span<float> values)
    {
        for (var i = 0; i < values.Length; i++)
            values[i] = bytes[i];
    }
}
