using System.Numerics;

namespace Microsoft.ML.Runtime;

/// <summary>
/// The hybrid Tausworthe generator of GPU Gems 3, chapter 37, seeded like the real package's, so that seeded splits and shuffles choose
/// the same rows.
/// </summary>
internal sealed class TauswortheRandom : Random
{
    private uint _z1;
    private uint _z2;
    private uint _z3;
    private uint _z4;

    public TauswortheRandom(uint seed)
    {
        _z1 = seed;
        _z2 = Murmur.Round(_z1, seed);
        _z3 = Murmur.Round(_z2, seed);
        _z4 = Murmur.Round(_z3, seed);
    }

    /// <summary>A generator seeded with numbers from another.</summary>
    public TauswortheRandom(Random seed)
    {
        // The Tausworthe parts need seeds of at least 128.
        _z1 = DrawSeed(seed, 128);
        _z2 = DrawSeed(seed, 128);
        _z3 = DrawSeed(seed, 128);
        _z4 = DrawSeed(seed, 0);
    }

    public override double NextDouble() => NextUInt32() * (1.0 / (1L << 32));

    public override float NextSingle() => (NextUInt32() >> 9) * (1f / (1 << 23));

    public override int Next()
    {
        var bits = NextUInt32();
        return (int)(bits + (bits & 0x80000000));
    }

    public override int Next(int maxValue)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxValue);
        return (int)(((ulong)NextUInt32() * (ulong)maxValue) >> 32);
    }

    public override int Next(int minValue, int maxValue)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minValue, maxValue);
        return (int)((long)(NextDouble() * ((long)maxValue - minValue)) + minValue);
    }

    public override void NextBytes(byte[] buffer)
    {
        for (var i = 0; i < buffer.Length; i++)
            buffer[i] = (byte)Next();
    }

    public uint NextUInt32()
    {
        _z1 = Tausworthe(_z1, 13, 19, 12, ~0x1u);
        _z2 = Tausworthe(_z2, 2, 25, 4, ~0x7u);
        _z3 = Tausworthe(_z3, 3, 11, 17, ~0xfu);
        _z4 = 1664525 * _z4 + 1013904223;
        return _z1 ^ _z2 ^ _z3 ^ _z4;
    }

    private static uint Tausworthe(uint z, int s1, int s2, int s3, uint mask) => ((z & mask) << s3) ^ (((z << s1) ^ z) >> s2);

    private static uint DrawSeed(Random random, uint minimum)
    {
        uint seed;
        do
        {
            seed = ((uint)random.Next(0x10000) << 16) | (uint)random.Next(0x10000);
        }
        while (seed < minimum);
        return seed;
    }
}

/// <summary>The rounds of the 32-bit MurmurHash3.</summary>
internal static class Murmur
{
    public static uint Round(uint hash, uint chunk)
    {
        chunk = BitOperations.RotateLeft(chunk * 0xCC9E2D51, 15) * 0x1B873593;
        return BitOperations.RotateLeft(hash ^ chunk, 13) * 5 + 0xE6546B64;
    }

    /// <summary>The final avalanche.</summary>
    public static uint Mix(uint hash)
    {
        hash = (hash ^ (hash >> 16)) * 0x85ebca6b;
        hash = (hash ^ (hash >> 13)) * 0xc2b2ae35;
        return hash ^ (hash >> 16);
    }
}
