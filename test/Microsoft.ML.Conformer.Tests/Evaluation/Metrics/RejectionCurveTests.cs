using System.Text.Json;
using Microsoft.ML.Conformer.Evaluation.Metrics;

namespace Microsoft.ML.Conformer.Tests.Evaluation.Metrics;

[TestClass]
public sealed class RejectionCurveTests
{
    [TestMethod]
    [DataRow(0)]
    [DataRow(25)]
    public void EachPointIsWhatItsThresholdGives(int unknown)
    {
        var (rows, labels) = RandomLogits.Create(8, 80, 3, unknown);
        var images = RandomLogits.Scored(rows, labels);

        var points = RejectionCurve.Of(images).Points;

        CollectionAssert.AreEqual(
            new[] { 0.0 }.Concat(images.Known.Select(image => image.Confidence).Distinct().Order().Skip(1)).ToList(),
            points.Select(point => point.Threshold).ToList());
        foreach (var point in points)
        {
            var accepted = images.Known.Where(image => image.Confidence >= point.Threshold).ToList();
            Assert.AreEqual(accepted.Count / 80.0, point.Coverage, 1e-12);
            Assert.AreEqual(accepted.Average(image => image.IsRight ? 1.0 : 0), point.Accuracy, 1e-12);
            if (unknown == 0)
                Assert.IsNull(point.UnknownRejected);
            else
                Assert.AreEqual(
                    images.UnknownConfidences.Count(confidence => confidence < point.Threshold) / (double)unknown,
                    point.UnknownRejected!.Value, 1e-12);
        }
    }

    [TestMethod]
    public void TheLeastThresholdIsTheFirstThatReachesTheAccuracy()
    {
        // Confidences rise from image to image; right are the second, the fourth and the last.
        bool[] right = [false, true, false, true, true];
        var images = RandomLogits.Scored(
            [.. right.Select((_, image) => new[] { image + 1.0, 0 })], [.. right.Select(isRight => isRight ? 0 : 1)]);
        var curve = RejectionCurve.Of(images);
        double Confidence(int image) => images.Known[image].Confidence;

        Assert.AreEqual(0, curve.LeastThreshold(0.6)!.Threshold);
        Assert.AreEqual(new RejectionPoint(Confidence(1), 0.8, 0.75, null), curve.LeastThreshold(0.7));
        Assert.AreEqual(new RejectionPoint(Confidence(3), 0.4, 1, null), curve.LeastThreshold(0.76));
        Assert.AreEqual(Confidence(3), curve.LeastThreshold(1)!.Threshold);
    }

    [TestMethod]
    public void AnAccuracyThatIsNeverReachedHasNoThreshold() =>
        Assert.IsNull(RejectionCurve.Of(RandomLogits.Scored([[1, 0], [3, 0]], 0, 1)).LeastThreshold(0.9));

    [TestMethod]
    public void ALongCurveIsCutForItsReadersAndNotForTheThreshold()
    {
        var random = new Random(9);
        double[][] rows = [.. Enumerable.Range(0, 3000).Select(_ => new[] { random.NextDouble(), random.NextDouble() })];
        int[] labels = [.. rows.Select(row => random.NextDouble() < row.Max() ? Array.IndexOf(row, row.Max()) : random.Next(2))];
        var images = RandomLogits.Scored(rows, labels);
        double Accuracy(double threshold) =>
            images.Known.Where(image => image.Confidence >= threshold).Average(image => image.IsRight ? 1.0 : 0);
        var least = images.Known.Select(image => image.Confidence).Order().First(threshold => Accuracy(threshold) >= 0.9);

        var curve = RejectionCurve.Of(images);

        Assert.AreEqual(200, curve.Points.Count);
        Assert.AreEqual(1, curve.Points[0].Coverage);
        Assert.AreEqual(images.Known.Max(image => image.Confidence), curve.Points[^1].Threshold);
        Assert.AreEqual(least, curve.LeastThreshold(0.9)!.Threshold);
        Assert.AreEqual(200, JsonSerializer.SerializeToElement(curve).GetProperty("Points").GetArrayLength());
    }
}
