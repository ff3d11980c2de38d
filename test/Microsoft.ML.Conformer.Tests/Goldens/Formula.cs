using System.Text;

namespace Microsoft.ML.Conformer.Tests.Goldens;

/// <summary>
/// The formula that fills reference networks and images, so that no weights need to be shipped: the i-th output of SplitMix64,
/// seeded with the FNV-1a hash of the tensor's name. All integer arithmetic is unsigned 64 bit and wraps.
/// </summary>
internal static class Formula
{
    public static ulong Hash(string key)
    {
        var hash = 0xcbf29ce484222325UL;
        foreach (var b in Encoding.UTF8.GetBytes(key))
            hash = (hash ^ b) * 0x100000001b3UL;
        return hash;
    }

    /// <summary>The i-th uniform number of a key, -1 &lt;= u &lt; 1.</summary>
    public static double Uniform(ulong hash, ulong i) => (SplitMix(hash, i) >> 40) * Math.ScaleB(1, -23) - 1;

    /// <summary>The i-th output, from 0, of SplitMix64 with a seed.</summary>
    public static ulong SplitMix(ulong seed, ulong i)
    {
        var z = seed + (i + 1) * 0x9E3779B97F4A7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }

    /// <summary>A parameter or buffer of the network; <paramref name="biasOfNorm"/> tells a norm's bias from a layer's.</summary>
    public static float[] Tensor(string name, IReadOnlyList<long> shape, bool biasOfNorm, int seed = 0)
    {
        var count = shape.Aggregate(1L, (a, b) => a * b);
        var (offset, scale, absolute) = Rule(name, shape, biasOfNorm);
        var hash = Hash(Key(name, seed));
        var values = new float[count];
        for (var i = 0; i < values.Length; i++)
        {
            var u = Uniform(hash, (ulong)i);
            values[i] = (float)(offset + scale * (absolute ? Math.Abs(u) : u));
        }
        return values;
    }

    /// <summary>Image number k, [channels, height, width], to be fed to the network as it is.</summary>
    public static float[] Image(int k, int height, int width, int seed = 0, int channels = 3)
    {
        ulong fine = Hash(Key($"input:{k}", seed)), coarse = Hash(Key($"input_coarse:{k}", seed));
        int coarseHeight = (height + 15) / 16, coarseWidth = (width + 15) / 16;
        var pixels = new float[channels * height * width];
        for (int c = 0, i = 0; c < channels; c++)
            for (var y = 0; y < height; y++)
                for (var x = 0; x < width; x++, i++)
                {
                    var block = (c * coarseHeight + y / 16) * coarseWidth + x / 16;
                    pixels[i] = (float)(Uniform(fine, (ulong)i) + 1.5 * Uniform(coarse, (ulong)block));
                }
        return pixels;
    }

    /// <summary>Byte image number k, [height, width, 3].</summary>
    public static byte[] Rgb(int k, int height, int width)
    {
        ulong fine = Hash($"rgb:{k}"), coarse = Hash($"rgb_coarse:{k}");
        int coarseHeight = (height + 7) / 8, coarseWidth = (width + 7) / 8;
        var bytes = new byte[height * width * 3];
        for (var i = 0; i < bytes.Length; i++)
        {
            var (c, y, x) = (i % 3, i / 3 / width, i / 3 % width);
            var large = Uniform(coarse, (ulong)((c * coarseHeight + y / 8) * coarseWidth + x / 8));
            var small = Uniform(fine, (ulong)((c * height + y) * width + x));
            bytes[i] = (byte)Math.Clamp(Math.Floor(128 + 100 * large + 40 * small), 0, 255);
        }
        return bytes;
    }

    /// <summary>The key of a name and a seed.</summary>
    public static string Key(string name, int seed) => seed == 0 ? name : $"{seed}:{name}";

    private static (double Offset, double Scale, bool Absolute) Rule(string name, IReadOnlyList<long> shape, bool biasOfNorm)
    {
        if (name.EndsWith("num_batches_tracked", StringComparison.Ordinal)) return (0, 0, false);
        if (name.EndsWith("relative_position_index", StringComparison.Ordinal)) return (0, 0, false); // the networks compute it
        if (name.EndsWith("running_mean", StringComparison.Ordinal)) return (0, 0.1, false);
        if (name.EndsWith("running_var", StringComparison.Ordinal)) return (1, 0.5, true);
        if (name.Split('.')[^1] == "cls_token") return (0, 0.02, false);
        if (name.EndsWith("relative_position_bias_table", StringComparison.Ordinal) || name.Contains(".pe.", StringComparison.Ordinal))
            return (0, 0.1, false);
        if (name.EndsWith("weight", StringComparison.Ordinal))
            return shape.Count == 1 ? (1, 0.1, false) : (0, Math.Sqrt(3.0 / shape.Skip(1).Aggregate(1L, (a, b) => a * b)), false);
        if (name.EndsWith("bias", StringComparison.Ordinal)) return (0, biasOfNorm ? 0.1 : 0.02, false);
        throw new ArgumentException($"The formula has no rule for '{name}'.", nameof(name));
    }
}
