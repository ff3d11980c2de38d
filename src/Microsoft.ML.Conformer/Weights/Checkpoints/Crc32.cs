using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ArmCrc32 = System.Runtime.Intrinsics.Arm.Crc32;

namespace Microsoft.ML.Conformer.Weights.Checkpoints;

/// <summary>
/// The CRC-32 of zip archives (reflected polynomial 0xEDB88320), at the speed of memory: a checkpoint's check sum may not cost more than
/// reading it. Folding by carry-less multiplication after Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ
/// Instruction", Intel 2009.
/// </summary>
internal struct Crc32
{
    private const uint Polynomial = 0xEDB88320;
    private const int FoldedBytes = 64;
    private static readonly uint[][] _tables = BuildTables();

    // x^(4*128+32), x^(4*128-32) and x^(128+32), x^(128-32) modulo the polynomial, bit-reflected.
    private static readonly Vector128<ulong> _foldBy4 = Vector128.Create(0x0154442bd4UL, 0x01c6e41596UL);
    private static readonly Vector128<ulong> _foldBy1 = Vector128.Create(0x01751997d0UL, 0x00ccaa009eUL);

    /// <summary>The check sum of everything appended so far; 0 for nothing.</summary>
    public uint Value { get; private set; }

    /// <summary>The check sum of <paramref name="bytes"/>.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var crc = new Crc32();
        crc.Append(bytes);
        return crc.Value;
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        var state = ~Value;
        if (Pclmulqdq.IsSupported && bytes.Length >= 2 * FoldedBytes)
            state = Fold(state, ref bytes);
        Value = ~(ArmCrc32.Arm64.IsSupported ? UpdateArm(state, bytes) : UpdateTables(state, bytes));
    }

    /// <summary>Takes all whole 64-byte blocks off the front of <paramref name="bytes"/>.</summary>
    private static uint Fold(uint state, ref ReadOnlySpan<byte> bytes)
    {
        var blocks = MemoryMarshal.Cast<byte, Vector128<ulong>>(bytes[..(bytes.Length / FoldedBytes * FoldedBytes)]);
        bytes = bytes[(blocks.Length * 16)..];

        var a = blocks[0] ^ Vector128.Create(state, 0, 0, 0).AsUInt64();
        var b = blocks[1];
        var c = blocks[2];
        var d = blocks[3];
        for (var i = 4; i < blocks.Length; i += 4)
        {
            a = Multiply(a, _foldBy4) ^ blocks[i];
            b = Multiply(b, _foldBy4) ^ blocks[i + 1];
            c = Multiply(c, _foldBy4) ^ blocks[i + 2];
            d = Multiply(d, _foldBy4) ^ blocks[i + 3];
        }
        var folded = Multiply(Multiply(Multiply(a, _foldBy1) ^ b, _foldBy1) ^ c, _foldBy1) ^ d;

        // The 16 bytes left have the same remainder as all that was folded into them.
        Span<byte> rest = stackalloc byte[16];
        folded.AsByte().CopyTo(rest);
        return UpdateTables(0, rest);
    }

    private static Vector128<ulong> Multiply(Vector128<ulong> value, Vector128<ulong> constants) =>
        Pclmulqdq.CarrylessMultiply(value, constants, 0x00) ^ Pclmulqdq.CarrylessMultiply(value, constants, 0x11);

    private static uint UpdateArm(uint state, ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= 8; bytes = bytes[8..])
            state = ArmCrc32.Arm64.ComputeCrc32(state, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (var value in bytes)
            state = ArmCrc32.ComputeCrc32(state, value);
        return state;
    }

    /// <summary>Eight bytes at a time ("slicing by 8").</summary>
    private static uint UpdateTables(uint state, ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            var low = BinaryPrimitives.ReadUInt32LittleEndian(bytes) ^ state;
            var high = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            state = _tables[7][(byte)low] ^ _tables[6][(byte)(low >> 8)] ^ _tables[5][(byte)(low >> 16)] ^ _tables[4][low >> 24]
                ^ _tables[3][(byte)high] ^ _tables[2][(byte)(high >> 8)] ^ _tables[1][(byte)(high >> 16)] ^ _tables[0][high >> 24];
        }
        foreach (var value in bytes)
            state = _tables[0][(byte)(state ^ value)] ^ (state >> 8);
        return state;
    }

    private static uint[][] BuildTables()
    {
        var tables = new uint[8][];
        for (var t = 0; t < tables.Length; t++)
        {
            tables[t] = new uint[256];
            for (var i = 0; i < 256; i++)
                if (t == 0)
                {
                    var value = (uint)i;
                    for (var bit = 0; bit < 8; bit++)
                        value = (value & 1) != 0 ? (value >> 1) ^ Polynomial : value >> 1;
                    tables[t][i] = value;
                }
                else
                {
                    tables[t][i] = tables[0][(byte)tables[t - 1][i]] ^ (tables[t - 1][i] >> 8);
                }
        }
        return tables;
    }
}
