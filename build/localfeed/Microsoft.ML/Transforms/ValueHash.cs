using System.Numerics;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Transforms;

/// <summary>
/// The 32-bit MurmurHash3 of column values. Integers of up to 32 bits are hashed as 32-bit ones, keys as their raw numbers, text as its
/// UTF-8 bytes without spaces at either end, each UTF-16 unit by itself.
/// </summary>
internal static class ValueHash
{
    /// <summary>A key from 1 to <paramref name="mask"/> + 1 for these values together; 0 where one of them is missing.</summary>
    public static uint Hash<T>(DataViewType itemType, ReadOnlySpan<T> values, uint seed, uint mask)
    {
        var hash = seed;
        var byteCount = 0;
        foreach (var value in values)
        {
            if (ValueComparison.IsMissing(itemType, value))
                return 0;
            if (value is ReadOnlyMemory<char> text)
                hash = HashText(hash, text.Span.Trim(' '));
            else
                byteCount += AddNumber(ref hash, value);
        }
        // Text was finished value by value.
        if (typeof(T) != typeof(ReadOnlyMemory<char>))
            hash = Murmur.Mix(hash ^ (uint)byteCount);
        return (hash & mask) + 1;
    }

    private static int AddNumber<T>(ref uint hash, T value)
    {
        // Zero and negative zero are the same.
        var bits = value switch
        {
            float number => BitConverter.SingleToUInt32Bits(number == 0 ? 0 : number),
            double number => BitConverter.DoubleToUInt64Bits(number == 0 ? 0 : number),
            bool flag => flag ? 1u : 0u,
            sbyte number => (uint)number,
            short number => (uint)number,
            int number => (uint)number,
            long number => (ulong)number,
            byte number => number,
            ushort number => number,
            uint number => number,
            ulong number => number,
            _ => throw Contracts.Except($"Values of type {typeof(T)} cannot be hashed."),
        };
        hash = Murmur.Round(hash, (uint)bits);
        if (value is not (long or ulong or double))
            return sizeof(uint);
        hash = Murmur.Round(hash, (uint)(bits >> 32));
        return sizeof(ulong);
    }

    private static uint HashText(uint hash, ReadOnlySpan<char> text)
    {
        var bytes = new List<byte>(text.Length);
        foreach (var unit in text)
            AddUtf8(bytes, unit);
        var chunks = bytes.Count / 4;
        for (var i = 0; i < chunks; i++)
            hash = Murmur.Round(hash, Chunk(bytes, 4 * i, 4));
        if (bytes.Count % 4 > 0)
        {
            var tail = Chunk(bytes, 4 * chunks, bytes.Count % 4);
            hash ^= BitOperations.RotateLeft(tail * 0xCC9E2D51, 15) * 0x1B873593;
        }
        return Murmur.Mix(hash ^ (uint)bytes.Count);
    }

    // Surrogates are encoded one by one, unlike in true UTF-8.
    private static void AddUtf8(List<byte> bytes, char unit)
    {
        if (unit <= 0x7F)
            bytes.Add((byte)unit);
        else if (unit <= 0x7FF)
            bytes.AddRange([(byte)(0xC0 | (unit >> 6)), (byte)(0x80 | (unit & 0x3F))]);
        else
            bytes.AddRange([(byte)(0xE0 | (unit >> 12)), (byte)(0x80 | ((unit >> 6) & 0x3F)), (byte)(0x80 | (unit & 0x3F))]);
    }

    private static uint Chunk(List<byte> bytes, int start, int count)
    {
        var chunk = 0u;
        for (var i = 0; i < count; i++)
            chunk |= (uint)bytes[start + i] << (8 * i);
        return chunk;
    }
}
