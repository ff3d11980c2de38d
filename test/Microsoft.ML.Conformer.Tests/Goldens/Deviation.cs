namespace Microsoft.ML.Conformer.Tests.Goldens;

/// <summary>How far computed values are from the ones they should be.</summary>
internal static class Deviation
{
    /// <summary>The differences' root mean square over that of the expected values; the lengths must be the same.</summary>
    public static double Relative(float[] expected, float[] actual, string what)
    {
        Assert.AreEqual(expected.Length, actual.Length, what);
        return Math.Sqrt(expected.Zip(actual, (e, a) => Math.Pow(e - a, 2)).Sum() / expected.Sum(value => Math.Pow(value, 2)));
    }
}
