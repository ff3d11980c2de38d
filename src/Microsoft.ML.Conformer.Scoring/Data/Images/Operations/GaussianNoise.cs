namespace Microsoft.ML.Conformer.Data.Images.Operations;

internal static class GaussianNoise
{
    /// <summary>Adds to each value of each channel a normal number of its own, rounds, and cuts to 0-255.</summary>
    /// <param name="values">Changed in place.</param>
    /// <param name="deviation">The standard deviation in levels.</param>
    /// <param name="random">Drawn from once for each value, in their order.</param>
    public static void Add(Span<byte> values, double deviation, ImageRandom random)
    {
        foreach (ref var value in values)
            value = (byte)Math.Clamp(Math.Round(value + deviation * random.NextNormal()), byte.MinValue, byte.MaxValue);
    }
}
