using Microsoft.ML.Conformer.Data.Images;

namespace Microsoft.ML.Conformer.Tests.Data.Images;

[TestClass]
public sealed class ImageRandomTests
{
    private const int Draws = 200_000;

    [TestMethod]
    public void StreamsDependOnSeedEpochImageAndViewAlone()
    {
        Assert.AreEqual(Draw(1, 2, 3, 4), Draw(1, 2, 3, 4));
        var draws = from seed in Enumerable.Range(-5, 10)
                    from epoch in Enumerable.Range(0, 10)
                    from image in Enumerable.Range(-50, 100)
                    from view in Enumerable.Range(0, 3)
                    select Draw(seed, epoch, image, view);
        var list = draws.ToList();

        Assert.AreEqual(list.Count, list.Distinct().Count());
        Assert.AreEqual(0.5, list.Average(), 0.01);
        Assert.AreEqual(1 / 12.0, list.Average(value => (value - 0.5) * (value - 0.5)), 0.003);

        static double Draw(int seed, int epoch, int image, int view) => new ImageRandom(seed, epoch, image, view).NextDouble();
    }

    /// <summary>Computed by another program: a run that was begun with an earlier version goes on with the same images.</summary>
    [TestMethod]
    [DataRow(0, 0, 0, 0.48543450371799335, 0.4504049434636703)]
    [DataRow(1, 2, 3, 0.3852895748155194, 0.8198491448220133)]
    [DataRow(-7, 5, -1, 0.15209239968260413, 0.21813970620302925)]
    public void TheFirstViewsStreamIsThatOfAllVersions(int seed, int epoch, int image, params double[] expected)
    {
        var random = new ImageRandom(seed, epoch, image);

        CollectionAssert.AreEqual(expected, expected.Select(_ => random.NextDouble()).ToArray());
    }

    [TestMethod]
    public void NormalNumbersHaveTheMomentsAndTailsOfTheNormalDistribution()
    {
        var random = new ImageRandom(1, 2, 3);
        var draws = Enumerable.Range(0, Draws).Select(_ => random.NextNormal()).ToList();

        Assert.AreEqual(0, draws.Average(), 0.01);
        Assert.AreEqual(1, draws.Average(x => x * x), 0.02);
        Assert.AreEqual(0, draws.Average(x => x * x * x), 0.05);
        Assert.AreEqual(3, draws.Average(x => x * x * x * x), 0.1);
        Assert.AreEqual(0.6827, draws.Average(x => Math.Abs(x) < 1 ? 1.0 : 0), 0.005);
        Assert.AreEqual(0.0455, draws.Average(x => Math.Abs(x) > 2 ? 1.0 : 0), 0.003);
        Assert.AreEqual(0, draws.Zip(draws.Skip(1), (x, y) => x * y).Average(), 0.01, "of neighbors");
    }

    /// <summary>Beta(a, a) has the mean 1/2, the variance 1 / (4 (2a + 1)), and 3 / (16 (2a + 1) (2a + 3)) as fourth moment.</summary>
    [TestMethod]
    [DataRow(0.2)]
    [DataRow(0.8)]
    [DataRow(1.0)]
    [DataRow(4.0)]
    public void BetaNumbersHaveTheMomentsOfTheBetaDistribution(double alpha)
    {
        var random = new ImageRandom(4, 5, 6);
        var draws = Enumerable.Range(0, Draws).Select(_ => random.NextBeta(alpha)).ToList();

        Assert.IsTrue(draws.All(share => share is >= 0 and <= 1));
        Assert.AreEqual(0.5, draws.Average(), 0.005);
        Assert.AreEqual(1 / (4 * (2 * alpha + 1)), draws.Average(x => Math.Pow(x - 0.5, 2)), 0.002);
        Assert.AreEqual(3 / (16 * (2 * alpha + 1) * (2 * alpha + 3)), draws.Average(x => Math.Pow(x - 0.5, 4)), 0.001);
    }

    [TestMethod]
    [DataRow(1e-300)]
    [DataRow(1e-6)]
    [DataRow(1e6)]
    public void BetaNumbersOfExtremeParametersAreSharesToo(double alpha)
    {
        var random = new ImageRandom(4, 5, 6);

        for (var i = 0; i < 1000; i++)
            Assert.IsTrue(random.NextBeta(alpha) is >= 0 and <= 1);
    }

    [TestMethod]
    public void PermutationsAreEquallyFrequent()
    {
        var random = new ImageRandom(7, 8, 9);
        var counts = Enumerable.Range(0, 24_000).Select(_ => string.Join(",", random.NextPermutation(4))).CountBy(order => order).ToList();

        Assert.AreEqual(24, counts.Count);
        foreach (var (order, count) in counts)
            Assert.AreEqual(1000, count, 160, order); // 5 standard deviations
    }
}
