using Microsoft.ML.Conformer.Detection.Training;

namespace Microsoft.ML.Conformer.Tests.Detection.Segmentation;

[TestClass]
public sealed class PolyScheduleTests
{
    [TestMethod]
    public void TheRateRisesInALineAndFallsToAHundredth()
    {
        var schedule = Schedule(warmupSteps: 4);

        Assert.AreEqual(0, schedule.At(0, 0));
        Assert.AreEqual(0.5 * schedule.At(0.1, 4), schedule.At(0.1, 2), 1e-12);
        Assert.AreEqual(0.005 + 0.495 * Math.Pow(0.5, 0.9), schedule.At(5, 100), 1e-12);
        Assert.AreEqual(0.005, schedule.At(10, 200), 1e-12);
    }

    [TestMethod]
    public void AWarmupEndsAfterATenthOfTraining()
    {
        var (schedule, without) = (Schedule(warmupSteps: 1000), Schedule(warmupSteps: 0));

        Assert.AreEqual(0.25 * without.At(0.25, 5), schedule.At(0.25, 5), 1e-12);
        Assert.AreEqual(without.At(1, 20), schedule.At(1, 20), 1e-12);
    }

    private static PolySchedule Schedule(int warmupSteps) =>
        new(0.5, epochs: 10, power: 0.9, floorRatio: 0.01, warmupSteps, warmupRatio: 0);
}
