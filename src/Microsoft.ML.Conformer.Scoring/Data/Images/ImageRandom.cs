namespace Microsoft.ML.Conformer.Data.Images;

/// <summary>
/// A small generator of random numbers (SplitMix64; Steele, Lea and Flood, 2014) whose stream depends on a seed, an epoch, an image
/// and a view only, so that what is drawn is the same whichever thread draws it and in whatever order.
/// </summary>
internal class ImageRandom
{
    private ulong _state;
    private double? _spareNormal;

    /// <summary>
    /// The stream of one image in one epoch, and where it comes several times in one, of its view from 0. Image -1 is the epoch's own, for
    /// its order; image -2 - b is that of batch b.
    /// </summary>
    public ImageRandom(int seed, int epoch, int image, int view = 0)
    {
        // Mixed in turn, so that neighboring seeds, epochs and images give unrelated streams.
        _state = Mix(Mix(Mix((uint)seed) + (uint)epoch) + (uint)image);
        if (view != 0)
            _state = Mix(_state) ^ Mix((uint)view);
    }

    /// <summary>Uniform in [0, 1).</summary>
    public virtual double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1L << 53));

    /// <summary>Uniform in [<paramref name="low"/>, <paramref name="high"/>).</summary>
    public double NextDouble(double low, double high) => low + (high - low) * NextDouble();

    /// <summary>Uniform in 0 ... <paramref name="bound"/> - 1.</summary>
    public virtual int NextInt32(int bound) => (int)Math.BigMul(NextUInt64(), (ulong)bound, out _);

    /// <summary>Normal with mean 0 and deviation 1 (Box and Muller, 1958, which gives two at a time).</summary>
    public virtual double NextNormal()
    {
        if (_spareNormal is { } spare)
        {
            _spareNormal = null;
            return spare;
        }
        var length = Math.Sqrt(-2 * Math.Log(1 - NextDouble()));
        var (sine, cosine) = Math.SinCos(2 * Math.PI * NextDouble());
        _spareNormal = length * sine;
        return length * cosine;
    }

    /// <summary>Of the beta distribution with both parameters <paramref name="alpha"/>, above 0: in [0, 1].</summary>
    public double NextBeta(double alpha)
    {
        // From logarithms, as gamma numbers of a small parameter are too small for a double.
        var (first, second) = (NextLogGamma(alpha), NextLogGamma(alpha));
        return 1 / (1 + Math.Exp(second - first));
    }

    /// <summary>The numbers 0 ... <paramref name="count"/> - 1 in random order (Fisher and Yates).</summary>
    public int[] NextPermutation(int count)
    {
        int[] order = [.. Enumerable.Range(0, count)];
        for (var i = count - 1; i > 0; i--)
        {
            var other = NextInt32(i + 1);
            (order[i], order[other]) = (order[other], order[i]);
        }
        return order;
    }

    /// <summary>The logarithm of a number of the gamma distribution (Marsaglia and Tsang, 2000).</summary>
    private double NextLogGamma(double alpha)
    {
        if (alpha < 1)
            return NextLogGamma(alpha + 1) + Math.Log(1 - NextDouble()) / alpha;
        var d = alpha - 1.0 / 3;
        var c = 1 / Math.Sqrt(9 * d);
        while (true)
        {
            var x = NextNormal();
            var v = 1 + c * x;
            if (v <= 0)
                continue;
            v = v * v * v;
            if (Math.Log(1 - NextDouble()) < 0.5 * x * x + d - d * v + d * Math.Log(v))
                return Math.Log(d) + Math.Log(v);
        }
    }

    private ulong NextUInt64() => Mix(_state++);

    private static ulong Mix(ulong value)
    {
        value = (value + 1) * 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
