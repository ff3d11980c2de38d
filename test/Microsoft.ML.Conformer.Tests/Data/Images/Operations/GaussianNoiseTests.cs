using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Data.Images.Operations;

namespace Microsoft.ML.Conformer.Tests.Data.Images.Operations;

[TestClass]
public sealed class GaussianNoiseTests
{
    private const int Count = 300_000;

    [TestMethod]
    [DataRow(1.0, 0.8664)]
    [DataRow(10.0, 0.7063)]
    [DataRow(25.0, 0.6923)]
    public void HasTheMeanAndTheDeviationOfANormalDistribution(double deviation, double within)
    {
        var values = Noisy(128, deviation);

        var mean = values.Average(value => (double)value);
        // Rounding to whole levels adds a variance of 1/12.
        var expected = Math.Sqrt(deviation * deviation + 1 / 12.0);
        Assert.AreEqual(128, mean, 5 * expected / Math.Sqrt(Count));
        Assert.AreEqual(expected, Math.Sqrt(values.Average(value => Math.Pow(value - mean, 2))), 5 * expected / Math.Sqrt(2 * Count));
        // A rounded number is within the deviation where it was within that and half a level: erf((1 + 0.5 / deviation) / sqrt(2)).
        Assert.AreEqual(within, values.Average(value => Math.Abs(value - 128) <= deviation ? 1.0 : 0), 0.0045);
    }

    /// <summary>Half of the numbers are on either side of a level, and those beyond 0 and 255 stay there.</summary>
    [TestMethod]
    [DataRow((byte)0)]
    [DataRow(byte.MaxValue)]
    public void IsCutAtBlackAndWhite(byte level)
    {
        var values = Noisy(level, deviation: 40);

        // The level itself has the half beyond and a half level's width of the other.
        Assert.AreEqual(0.5 + 0.5 * 0.3989 / 40, values.Average(value => value == level ? 1.0 : 0), 0.005);
        Assert.AreEqual(40 * 0.3989, values.Average(value => Math.Abs((double)value - level)), 0.3);
    }

    private static byte[] Noisy(byte level, double deviation)
    {
        var values = Enumerable.Repeat(level, Count).ToArray();
        GaussianNoise.Add(values, deviation, new ImageRandom(seed: 1, epoch: 0, image: 2));
        return values;
    }
}
