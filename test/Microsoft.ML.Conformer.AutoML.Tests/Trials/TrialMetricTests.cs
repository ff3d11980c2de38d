using Microsoft.ML.AutoML;
using Microsoft.ML.Conformer.AutoML.Trials;

namespace Microsoft.ML.Conformer.AutoML.Tests;

[TestClass]
public sealed class TrialMetricTests
{
    [TestMethod]
    [DataRow(MulticlassClassificationMetric.MicroAccuracy, 0.0, 1.0)]
    [DataRow(MulticlassClassificationMetric.MacroAccuracy, 0.0, 1.0)]
    [DataRow(MulticlassClassificationMetric.LogLoss, 34.5, 0.0)] // -ln(1e-15) = 34.54
    public void TheWorstFinishedTrialIsBeforeTheBestPrunedOne(MulticlassClassificationMetric metric, double worst, double best)
    {
        var trialMetric = new TrialMetric(metric, "Label");
        Assert.IsTrue(trialMetric.Loss(worst) <= trialMetric.PrunedLoss(best));
        Assert.IsTrue(trialMetric.PrunedLoss(best) < trialMetric.PrunedLoss(worst));
    }

    [TestMethod]
    [DataRow(MulticlassClassificationMetric.TopKAccuracy)]
    [DataRow(MulticlassClassificationMetric.LogLossReduction)]
    public void OtherMetricsAreRefused(MulticlassClassificationMetric metric) =>
        Assert.ThrowsExactly<ArgumentException>(() => new TrialMetric(metric, "Label"));
}
