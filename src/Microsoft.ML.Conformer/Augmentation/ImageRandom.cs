namespace Microsoft.ML.Conformer.Augmentation;

/// <summary>
/// A small generator of random numbers (SplitMix64; Steele, Lea and Flood, 2014) whose stream depends on a seed, an epoch, an image
/// and a view only, so that augmentations are the same whichever thread makes them and in whatever order.
/// </summary>
internal struct ImageRandom
{
    private ulong _state;

    /// <summary>The stream of one view of one image in one epoch; image -1 is the epoch's own, for its order.</summary>
    public ImageRandom(int seed, int epoch, int image, int view = 0)
    {
        // Mixed in turn, so that neighboring seeds, epochs and images give unrelated streams.
        _state = Mix(Mix(Mix((uint)seed) + (uint)epoch) + (uint)image);
        if (view > 0)
            _state = Mix(_state + (uint)view);
    }

    /// <summary>Uniform in [0, 1).</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1L << 53));

    /// <summary>Uniform in [<paramref name="low"/>, <paramref name="high"/>).</summary>
    public double NextDouble(double low, double high) => low + (high - low) * NextDouble();

    /// <summary>Uniform in 0 ... <paramref name="bound"/> - 1.</summary>
    public int NextInt32(int bound) => (int)Math.BigMul(NextUInt64(), (ulong)bound, out _);

    private ulong NextUInt64() => Mix(_state++);

    private static ulong Mix(ulong value)
    {
        value = (value + 1) * 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
