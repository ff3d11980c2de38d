using Microsoft.ML.Conformer.Evaluation.Metrics;

namespace Microsoft.ML.Conformer.Tests.Evaluation.Metrics;

[TestClass]
public sealed class ImageClassificationIntervalsTests
{
    /// <summary>The number of right images in a resample is binomial: its quantiles are the interval, but for the draws' chance.</summary>
    [TestMethod]
    [DataRow(0.95)]
    [DataRow(0.8)]
    public void TheIntervalOfTheAccuracyIsThatOfTheBinomialDistribution(double level)
    {
        const int Images = 400, Right = 300;
        var images = RandomLogits.Scored(
            [.. Enumerable.Range(0, Images).Select(image => image < Right ? new[] { 1.0, 0 } : [0, 1])], new int[Images]);

        var interval = ImageClassificationIntervals.Of(images, resamples: 8000, level: level, seed: 3).Accuracy;

        Assert.AreEqual(BinomialQuantile(Images, 0.75, (1 - level) / 2), interval.Low * Images, 1.5);
        Assert.AreEqual(BinomialQuantile(Images, 0.75, (1 + level) / 2), interval.High * Images, 1.5);
    }

    /// <summary>The other way: all metrics of the very images that are drawn, anew for each resample.</summary>
    [TestMethod]
    public void IntervalsAreThoseOfTheMetricsOfTheDrawnImages()
    {
        const int Resamples = 60, Seed = 11;
        var (rows, labels) = RandomLogits.Create(4, 70, 5);
        var random = new Random(Seed);
        List<ImageClassificationMetrics> all = [.. Enumerable.Range(0, Resamples).Select(_ =>
        {
            int[] drawn = [.. labels.Select(_ => random.Next(labels.Length))];
            var images = RandomLogits.Scored([.. drawn.Select(image => rows[image])], [.. drawn.Select(image => labels[image])]);
            return ImageClassificationMetrics.Of(images, RandomLogits.Names(5), topK: 3);
        })];
        // The ends of the middle 90 % of 60 sorted values, by interpolation: at 59 * 0.05 and 59 * 0.95.
        void Check(Func<ImageClassificationMetrics, double> metric, MetricInterval interval, string what)
        {
            double[] sorted = [.. all.Select(metric).Order()];
            Assert.AreClose(
                [0.05 * sorted[2] + 0.95 * sorted[3], 0.95 * sorted[56] + 0.05 * sorted[57]], [interval.Low, interval.High], 1e-12, what);
        }

        var intervals = ImageClassificationIntervals.Of(
            RandomLogits.Scored(rows, labels), topK: 3, resamples: Resamples, level: 0.9, seed: Seed);

        Check(metrics => metrics.Accuracy, intervals.Accuracy, "accuracy");
        Assert.AreEqual(3, intervals.TopKAccuracies.Count);
        for (var k = 0; k < 3; k++)
            Check(metrics => metrics.TopKAccuracies[k], intervals.TopKAccuracies[k], $"top-{k + 1}");
        Check(metrics => metrics.BalancedAccuracy, intervals.BalancedAccuracy, "balanced accuracy");
        Check(metrics => metrics.MacroOfPresentClasses.F1, intervals.MacroF1, "macro F1");
        Check(metrics => metrics.LogLoss, intervals.LogLoss, "log-loss");
        Check(metrics => metrics.BrierScore, intervals.BrierScore, "Brier score");
        Check(metrics => metrics.ExpectedCalibrationError, intervals.ExpectedCalibrationError, "calibration error");
    }

    [TestMethod]
    public void ASeedGivesTheSameIntervalsAndAnotherOneOthers()
    {
        var (rows, labels) = RandomLogits.Create(5, 90, 3);
        var images = RandomLogits.Scored(rows, labels);
        MetricInterval LogLoss(int seed) => ImageClassificationIntervals.Of(images, seed: seed).LogLoss;

        Assert.AreEqual(LogLoss(1), LogLoss(1));
        Assert.AreNotEqual(LogLoss(1), LogLoss(2));
    }

    [TestMethod]
    public void ASingleImageHasIntervalsOfNoWidth()
    {
        var intervals = ImageClassificationIntervals.Of(RandomLogits.Scored([[2, 0, 0]], 0));

        Assert.AreEqual(new MetricInterval(1, 1), intervals.Accuracy);
        Assert.AreEqual(intervals.LogLoss.Low, intervals.LogLoss.High);
        Assert.AreEqual(new MetricInterval(1, 1), intervals.MacroF1);
    }

    private static int BinomialQuantile(int count, double probability, double share)
    {
        var (below, term) = (0.0, Math.Pow(1 - probability, count));
        for (var right = 0; ; right++)
        {
            below += term;
            if (below >= share)
                return right;
            term *= (double)(count - right) / (right + 1) * probability / (1 - probability);
        }
    }
}
