using System.Numerics;

namespace Microsoft.ML.Conformer.Tests.Evaluation.Metrics;

[TestClass]
public sealed class McNemarTestTests
{
    /// <summary>The other way: whole numbers of any size.</summary>
    [TestMethod]
    [DataRow(0, 1)]
    [DataRow(0, 9)]
    [DataRow(20, 37)]
    [DataRow(38, 37)]
    [DataRow(400, 900)]
    [DataRow(2900, 3100)]
    public void ThePValueIsTheExactSum(int onlyFirst, int onlySecond)
    {
        var (all, term, sum) = (onlyFirst + onlySecond, BigInteger.One, BigInteger.One);
        for (var i = 1; i <= Math.Min(onlyFirst, onlySecond); i++)
            sum += term = term * (all - i + 1) / i;
        var expected = Math.Min(1, Math.Exp(BigInteger.Log(sum) - (all - 1) * Math.Log(2)));

        Assert.AreClose([expected, expected], [Test(onlyFirst, onlySecond), Test(onlySecond, onlyFirst)], 0, "p", 1e-9);
    }

    [TestMethod]
    public void LargeCountsDoNotOverflow()
    {
        Assert.AreEqual(1, Test(1_000_000, 1_000_000));
        Assert.AreEqual(0, Test(900_000, 400_000));
        // By the normal distribution, with its correction for counts: 2 * Q((4,000 - 1) / sqrt(1,996,000)).
        Assert.AreClose([0.004646], [Test(1_000_000, 996_000)], 0, "p", 1e-3);
    }

    [TestMethod]
    public void ImagesOfNoneOfTheClassesDoNotCount() => Assert.AreEqual(
        new McNemarTest(1, 1, 1, 1, 1), McNemarTest.Of([0, 0, 0, 0, -1], [0, 0, 1, 1, 0], [0, 1, 0, 1, 1]));

    [TestMethod]
    public void PredictionsOfOtherImagesAreRefused() =>
        Assert.ThrowsExactly<ArgumentException>(() => McNemarTest.Of([0, 1], [0, 1], [0]));

    private static double Test(int onlyFirst, int onlySecond)
    {
        int[] first = [.. Enumerable.Repeat(0, onlyFirst), .. Enumerable.Repeat(1, onlySecond)];
        return McNemarTest.Of(new int[first.Length], first, Array.ConvertAll(first, prediction => 1 - prediction)).PValue;
    }
}
