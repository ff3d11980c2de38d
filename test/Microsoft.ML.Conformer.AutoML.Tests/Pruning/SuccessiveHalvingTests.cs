using Microsoft.ML.Conformer.AutoML.Pruning;

namespace Microsoft.ML.Conformer.AutoML.Tests;

[TestClass]
public sealed class SuccessiveHalvingTests
{
    [TestMethod]
    [DataRow(90, "10:0 30:1")]
    [DataRow(30, "3:0 10:1")]
    [DataRow(15, "3:0 5:1")]
    [DataRow(10, "3:1")]
    [DataRow(4, "3:1")]
    [DataRow(3, "")]
    [DataRow(1, "")]
    public void RungsAreNinthsAndThirdsOfATrialsEpochsButNotBeforeTheThird(int epochs, string expected)
    {
        var pruning = new SuccessiveHalving(new SuccessiveHalvingOptions());
        var rungs = Enumerable.Range(1, epochs)
            .Select(epoch => (Epoch: epoch, Rung: pruning.RungAt(epoch, epochs)))
            .Where(at => at.Rung is not null);
        Assert.AreEqual(expected, string.Join(' ', rungs.Select(at => $"{at.Epoch}:{at.Rung}")));
    }

    [TestMethod]
    public void ATrialGoesOnWhileItIsAmongTheBestThirdOrTheBest()
    {
        var pruning = new SuccessiveHalving(new SuccessiveHalvingOptions());
        var accuracies = new[] { 0.5, 0.4, 0.6, 0.55, 0.1, 0.58, 0.59 };
        var goesOn = accuracies.Select(accuracy => pruning.Continues(0, new RungScore(accuracy, 1))).ToArray();
        // 0.58 is second of six; 0.59 then second of seven.
        CollectionAssert.AreEqual(new[] { true, false, true, false, false, true, true }, goesOn);
    }

    [TestMethod]
    public void EqualAccuraciesAreToldApartByTheirLossAndEqualScoresByTheirOrder()
    {
        var pruning = new SuccessiveHalving(new SuccessiveHalvingOptions());
        Assert.IsTrue(pruning.Continues(0, new RungScore(0.5, 1.0)));
        Assert.IsFalse(pruning.Continues(0, new RungScore(0.5, 1.0)));
        Assert.IsTrue(pruning.Continues(0, new RungScore(0.5, 0.9)));
    }

    [TestMethod]
    public void RungsDoNotMix()
    {
        var pruning = new SuccessiveHalving(new SuccessiveHalvingOptions());
        Assert.IsTrue(pruning.Continues(0, new RungScore(0.9, 1)));
        Assert.IsTrue(pruning.Continues(1, new RungScore(0.5, 1)));
    }

    [TestMethod]
    public void OptionsOutOfRangeAreRefused()
    {
        Assert.ThrowsExactly<ArgumentException>(() => new SuccessiveHalving(new SuccessiveHalvingOptions { ReductionFactor = 1 }));
        Assert.ThrowsExactly<ArgumentException>(() => new SuccessiveHalving(new SuccessiveHalvingOptions { Rungs = 0 }));
        Assert.ThrowsExactly<ArgumentException>(() => new SuccessiveHalving(new SuccessiveHalvingOptions { MinEpochs = 0 }));
    }
}
