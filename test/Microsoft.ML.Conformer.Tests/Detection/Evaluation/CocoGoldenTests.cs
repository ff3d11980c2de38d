using System.Text.Json;
using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Conformer.Detection.Evaluation;
using Microsoft.ML.Conformer.Tests.Goldens;

namespace Microsoft.ML.Conformer.Tests.Detection.Evaluation;

/// <summary>Against COCO's own cocoeval.</summary>
[TestClass]
public sealed class CocoGoldenTests
{
    /// <summary>The golden's numbers have nine digits.</summary>
    private const double Tolerance = 1e-9;

    private static readonly (string Name, Func<DetectionFigures, double?> Value)[] _figures =
    [
        ("AP", figures => figures.AveragePrecision), ("AP50", figures => figures.AveragePrecision50),
        ("AP75", figures => figures.AveragePrecision75), ("AP_small", figures => figures.AveragePrecisionSmall),
        ("AP_medium", figures => figures.AveragePrecisionMedium), ("AP_large", figures => figures.AveragePrecisionLarge),
        ("AR_max1", figures => figures.AverageRecall1), ("AR_max10", figures => figures.AverageRecall10),
        ("AR_max100", figures => figures.AverageRecall100), ("AR_small", figures => figures.AverageRecallSmall),
        ("AR_medium", figures => figures.AverageRecallMedium), ("AR_large", figures => figures.AverageRecallLarge),
    ];

    private static IEnumerable<object?[]> Cases => GoldenFiles.OfKind("coco-average-precision").Cases()
        .SelectMany(file => new[] { false, true }.Select(useMasks => new[] { file[0], useMasks }));

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void AllFiguresAreTheOfficialOnes(string? file, bool useMasks)
    {
        var golden = GoldenFiles.Read(file);
        var expected = golden.GetProperty(useMasks ? "segm" : "bbox");
        var categories = Integers(golden.GetProperty("categories"));
        var metrics = Evaluate(golden, categories, useMasks);

        foreach (var (name, value) in _figures)
            AssertSame(expected.GetProperty("summary").GetProperty(name), value(metrics), name);
        foreach (var (index, category) in categories.Index())
        {
            var one = metrics.Classes[index];
            AssertSame(expected.GetProperty("AP_per_category").GetProperty($"{category}"), one.AveragePrecision, one.Name);
            AssertSame(expected.GetProperty("AP50_per_category").GetProperty($"{category}"), one.AveragePrecision50, one.Name);
            AssertSame(
                expected.GetProperty("recall_iou50_per_category")[index], one.Recalls.Select(recall => (double?)recall).FirstOrDefault(),
                one.Name);
            var curve = $"precision_at_101_recalls_iou50_category{category}";
            if (expected.TryGetProperty(curve, out var precisions))
                Assert.AreClose(precisions.Numbers(), one.Precisions[0], Tolerance, curve);
        }
        foreach (var (precision, value) in expected.GetProperty("AP_per_threshold").EnumerateArray().Zip(metrics.AveragePrecisions))
            AssertSame(precision, value, "AP_per_threshold");
    }

    private static DetectionMetrics Evaluate(JsonElement golden, IReadOnlyList<int> categories, bool useMasks)
    {
        var (height, width) = (golden.GetProperty("image_height").GetInt32(), golden.GetProperty("image_width").GetInt32());
        var objects = golden.GetProperty("ground_truth").EnumerateArray().ToLookup(ImageOf, one => new TrueObject(
            Class(one), BoxOf(one), one.GetProperty("area").GetDouble(), one.GetProperty("iscrowd").GetInt32() == 1, MaskOf(one)));
        var detections = golden.GetProperty("detections").EnumerateArray().ToLookup(ImageOf, one => new FoundObject(
            Class(one), BoxOf(one), one.GetProperty("score").GetDouble(), MaskOf(one)));
        var evaluation = new DetectionEvaluation([.. categories.Select(category => $"category {category}")], useMasks);
        foreach (var image in Integers(golden.GetProperty("images")).Order())
            evaluation.Add([.. objects[image]], [.. detections[image]]);
        return evaluation.Metrics();

        static int ImageOf(JsonElement one) => one.GetProperty("image_id").GetInt32();

        int Class(JsonElement one) => categories.Index().Single(c => c.Item == one.GetProperty("category_id").GetInt32()).Index;

        static ImageBox BoxOf(JsonElement one)
        {
            double[] box = [.. one.GetProperty("bbox").Numbers()];
            return new ImageBox(box[0], box[1], box[2], box[3]);
        }

        RunLengthMask MaskOf(JsonElement one)
        {
            var shape = one.GetProperty("segmentation");
            return shape.ValueKind == JsonValueKind.Array
                ? RunLengthMask.FromPolygons(shape.EnumerateArray().Select(polygon => (double[])[.. polygon.Numbers()]), height, width)
                : RunLengthMask.FromCounts(shape.GetProperty("counts").Numbers().Select(count => (long)count), height, width);
        }
    }

    private static void AssertSame(JsonElement expected, double? actual, string name)
    {
        if (expected.GetDouble() == -1)
            Assert.IsNull(actual, name);
        else
            Assert.AreEqual(expected.GetDouble(), actual!.Value, Tolerance, name);
    }

    private static int[] Integers(JsonElement list) => [.. list.EnumerateArray().Select(value => value.GetInt32())];
}
