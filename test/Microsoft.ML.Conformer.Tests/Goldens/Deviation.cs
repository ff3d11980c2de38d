namespace Microsoft.ML.Conformer.Tests.Goldens;

/// <summary>How far computed values are from the ones they should be.</summary>
internal static class Deviation
{
    /// <summary>Fails where a value is more than the tolerance off or NaN, or the lengths differ.</summary>
    public static void AssertWithin(double tolerance, double[] expected, float[] actual, string what)
    {
        Assert.AreEqual(expected.Length, actual.Length, what);
        var worst = expected.Zip(actual, (e, a) => Math.Abs(e - a)).Aggregate(0.0, Math.Max); // Max() skips NaN
        Assert.IsTrue(worst <= tolerance, $"{what}: a value is {worst:g3} off, {tolerance:g3} allowed.");
    }

    /// <inheritdoc cref="AssertWithin(double, double[], float[], string)"/>
    public static void AssertWithin(double tolerance, float[] expected, float[] actual, string what) =>
        AssertWithin(tolerance, Array.ConvertAll(expected, value => (double)value), actual, what);

    /// <summary>The differences' root mean square over that of the expected values; the lengths must be the same.</summary>
    public static double Relative(float[] expected, float[] actual, string what)
    {
        Assert.AreEqual(expected.Length, actual.Length, what);
        return Math.Sqrt(expected.Zip(actual, (e, a) => Math.Pow(e - a, 2)).Sum() / expected.Sum(value => Math.Pow(value, 2)));
    }
}
