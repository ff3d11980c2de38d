using System.Text.Json;
using Microsoft.ML.Conformer.Detection.Evaluation;
using Microsoft.ML.Conformer.Tests.Goldens;

namespace Microsoft.ML.Conformer.Tests.Detection.Evaluation;

[TestClass]
public sealed class SegmentationMetricsTests
{
    private static IEnumerable<object?[]> Files => GoldenFiles.OfKind("mean-iou").Cases();

    [TestMethod]
    [DynamicData(nameof(Files))]
    public void FiguresAreTheReferencesWithoutIgnoredPixelsAndAbsentClasses(string? file)
    {
        var golden = GoldenFiles.Read(file);
        var counts = new SegmentationCounts([.. Enumerable.Range(0, golden.GetProperty("classes").GetInt32()).Select(c => $"class {c}")]);
        foreach (var (truth, prediction) in
            golden.GetProperty("truth").EnumerateArray().Zip(golden.GetProperty("prediction").EnumerateArray()))
            counts.Add<int>(Classes(truth), Classes(prediction));

        var metrics = counts.Metrics();

        CollectionAssert.AreEqual(
            golden.GetProperty("confusion").Numbers().ToArray(),
            metrics.ConfusionMatrix.SelectMany(row => row.Select(count => (double)count)).ToArray());
        foreach (var (expected, one) in golden.GetProperty("iou").EnumerateArray().Zip(metrics.Classes))
            if (expected.ValueKind == JsonValueKind.Null)
                Assert.IsNull(one.IntersectionOverUnion, one.Name);
            else
                Assert.AreEqual(expected.GetDouble(), one.IntersectionOverUnion!.Value, 1e-8, one.Name);
        Assert.AreEqual(golden.GetProperty("mean_iou").GetDouble(), metrics.MeanIntersectionOverUnion!.Value, 1e-8);
        Assert.AreEqual(golden.GetProperty("pixel_accuracy").GetDouble(), metrics.PixelAccuracy!.Value, 1e-8);
        Assert.AreEqual(golden.GetProperty("mean_class_accuracy").GetDouble(), metrics.MeanClassAccuracy!.Value, 1e-8);

        static int[] Classes(JsonElement image) => [.. image.Numbers().Select(value => (int)value)];
    }

    [TestMethod]
    public void ImagesWithoutPixelsThatCountHaveNoFigures()
    {
        var counts = new SegmentationCounts(["road", "sky"]);
        counts.Add<int>([SegmentationCounts.Ignored], [1]);

        Assert.IsNull(counts.Metrics().MeanIntersectionOverUnion);
        Assert.IsNull(counts.Metrics().PixelAccuracy);
        StringAssert.Contains(counts.Metrics().ToString(), "mean IoU -");
    }

    [TestMethod]
    public void ClassesThatAreNoneAndOtherSizesAreRefused()
    {
        var counts = new SegmentationCounts(["road", "sky"]);

        Assert.ThrowsExactly<ArgumentException>(() => counts.Add<int>([0, 2], [0, 0]));
        Assert.ThrowsExactly<ArgumentException>(() => counts.Add<int>([0, 1], [0, -1]));
        Assert.ThrowsExactly<ArgumentException>(() => counts.Add<int>([0, 1], [0]));
    }
}
