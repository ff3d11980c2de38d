using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Conformer.Weights.Checkpoints;

/// <summary>
/// How one number is stored, under PyTorch's name. Files and machines are little-endian: libtorch and ONNX Runtime come for no others.
/// Without a decoder the type is known, so that a file that has it is understood, but not read.
/// </summary>
internal sealed record ElementType(string Name, int Size, bool IsFloatingPoint, ElementDecoder? Decoder)
{
    public static readonly ElementType Float32 = new("float32", 4, true, Convert<float>);
    public static readonly ElementType Float64 = new("float64", 8, true, Convert<double>);
    public static readonly ElementType Float16 = new("float16", 2, true, Convert<Half>);
    public static readonly ElementType BFloat16 = new("bfloat16", 2, true, ConvertBFloat16);
    public static readonly ElementType Int64 = new("int64", 8, false, Convert<long>);
    public static readonly ElementType Int32 = new("int32", 4, false, Convert<int>);
    public static readonly ElementType Int16 = new("int16", 2, false, Convert<short>);
    public static readonly ElementType Int8 = new("int8", 1, false, Convert<sbyte>);
    public static readonly ElementType UInt8 = new("uint8", 1, false, Convert<byte>);
    public static readonly ElementType Boolean = new("bool", 1, false, Convert<byte>);

    public bool IsReadable => Decoder is not null;

    public static ElementType Unreadable(string name, int size) => new(name, size, false, null);

    /// <summary>Little-endian elements to fp32; fp64 rounds to nearest, and what exceeds fp32 becomes infinite.</summary>
    public void Decode(ReadOnlySpan<byte> bytes, Span<float> values) =>
        (Decoder ?? throw new InvalidOperationException($"{Name} is not readable."))(bytes, values);

    public override string ToString() => Name;

    private static void Convert<T>(ReadOnlySpan<byte> bytes, Span<float> values) where T : unmanaged, INumberBase<T> =>
        TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, T>(bytes)[..values.Length], values);

    // bfloat16 is the upper half of a float32.
    private static void ConvertBFloat16(ReadOnlySpan<byte> bytes, Span<float> values)
    {
        var bits = MemoryMarshal.Cast<float, uint>(values);
        TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, ushort>(bytes)[..values.Length], bits);
        TensorPrimitives.ShiftLeft(bits, 16, bits);
    }
}

internal delegate void ElementDecoder(ReadOnlySpan<byte> bytes, Span<float> values);
