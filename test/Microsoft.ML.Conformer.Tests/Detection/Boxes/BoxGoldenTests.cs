using System.Text.Json;
using Microsoft.ML.Conformer.Detection.Boxes;
using Microsoft.ML.Conformer.Tests.Goldens;

namespace Microsoft.ML.Conformer.Tests.Detection.Boxes;

/// <summary>Arithmetic on boxes against mmdetection's.</summary>
[TestClass]
public sealed class BoxGoldenTests
{
    private static IEnumerable<object?[]> Overlaps => GoldenFiles.OfKind("detection-iou").Cases();

    private static IEnumerable<object?[]> Suppressions => GoldenFiles.OfKind("detection-nms").Cases();

    private static IEnumerable<object?[]> Sizes => GoldenFiles.OfKind("detection-resize").Cases();

    private static IEnumerable<object?[]> Levels => GoldenFiles.OfKind("detection-fpn-levels").Cases();

    [TestMethod]
    [DynamicData(nameof(Overlaps))]
    public void OverlapsAreTheOfficialOnesAndThoseOfEmptyBoxesZero(string? file)
    {
        var golden = GoldenFiles.Read(file);
        foreach (var (name, overlap) in new (string, Func<Box, Box, float>)[]
            { ("iou", BoxOverlap.IoU), ("iof", BoxOverlap.IoF), ("giou", BoxOverlap.GIoU) })
            Assert.AreClose(
                golden.GetProperty(name).Numbers(),
                Boxes(golden.GetProperty("a")).SelectMany(a => Boxes(golden.GetProperty("b")).Select(b => overlap(a, b))), 1e-6, name);
    }

    [TestMethod]
    [DynamicData(nameof(Suppressions))]
    public void SuppressionKeepsTheOfficialBoxesInOrder(string? file)
    {
        var golden = GoldenFiles.Read(file);
        var (boxes, scores, labels) = (Boxes(golden.GetProperty("boxes")), Scores(golden), Integers(golden.GetProperty("labels")));
        foreach (var expected in golden.GetProperty("nms").EnumerateArray())
            AssertKept(expected, NonMaximumSuppression.Keep(boxes, scores, Threshold(expected)));
        foreach (var expected in golden.GetProperty("batched_nms").EnumerateArray())
        {
            AssertKept(expected, NonMaximumSuppression.Keep(boxes, scores, labels, Threshold(expected)));
            Assert.HasCount(3, NonMaximumSuppression.Keep(boxes, scores, labels, Threshold(expected), most: 3));
        }

        static float Threshold(JsonElement expected) => expected.GetProperty("threshold").GetSingle();

        static void AssertKept(JsonElement expected, IReadOnlyList<int> kept) =>
            CollectionAssert.AreEqual(Integers(expected.GetProperty("keep")), kept.ToArray());
    }

    [TestMethod]
    [DynamicData(nameof(Suppressions))]
    public void TiesExactThresholdsAndEmptyBoxesAreKeptAsOfficially(string? file)
    {
        var golden = GoldenFiles.Read(file).GetProperty("edge_cases");
        var (boxes, scores) = (Boxes(golden.GetProperty("boxes")), Scores(golden));

        CollectionAssert.AreEqual(
            Integers(golden.GetProperty("keep_at_0.5")), NonMaximumSuppression.Keep(boxes, scores, 0.5f).ToArray());
        CollectionAssert.AreEqual(
            Integers(golden.GetProperty("keep_at_0.49")), NonMaximumSuppression.Keep(boxes, scores, 0.49f).ToArray());
        Assert.IsEmpty(NonMaximumSuppression.Keep([], [], 0.5f));
    }

    /// <summary>As a detector ends: every class of a box whose score is high enough is a detection of its own.</summary>
    [TestMethod]
    [DynamicData(nameof(Suppressions))]
    public void TheBestDetectionsOfAllClassesAreTheOfficialOnes(string? file)
    {
        var golden = GoldenFiles.Read(file);
        var boxes = Boxes(golden.GetProperty("boxes"));
        var expected = golden.GetProperty("multiclass_nms");
        var rows = expected.GetProperty("scores").EnumerateArray().Select(row => row.EnumerateArray().Select(s => s.GetSingle()).ToArray());
        var candidates = rows.SelectMany((row, box) => row.SkipLast(1).Select((score, label) => (Box: boxes[box], score, label)))
            .Where(candidate => candidate.score > 0.25f).ToList();

        var kept = NonMaximumSuppression.Keep(
            [.. candidates.Select(one => one.Box)], [.. candidates.Select(one => one.score)], [.. candidates.Select(one => one.label)],
            0.5f, most: expected.GetProperty("labels").GetArrayLength());

        Assert.AreClose(
            expected.GetProperty("boxes_and_scores").Numbers(),
            kept.Select(index => candidates[index])
                .SelectMany(one => new[] { one.Box.X0, one.Box.Y0, one.Box.X1, one.Box.Y1, one.score }), 1e-5, "boxes and scores");
        CollectionAssert.AreEqual(
            Integers(expected.GetProperty("labels")), kept.Select(index => candidates[index].label).ToArray());
    }

    [TestMethod]
    public void ABoxWithoutAScoreIsNotKept() => CollectionAssert.AreEqual(
        new[] { 1 }, NonMaximumSuppression.Keep([new Box(0, 0, 5, 5), new Box(9, 9, 20, 20)], [float.NaN, 0.1f], 0.5f).ToArray());

    [TestMethod]
    [DynamicData(nameof(Sizes))]
    public void ImagesAreResizedAndPaddedToTheOfficialSizes(string? file)
    {
        foreach (var golden in GoldenFiles.Read(file).GetProperty("cases").EnumerateArray())
        {
            int Of(string name) => golden.GetProperty(name).GetInt32();
            var resized = ResizedImage.Within(Of("height"), Of("width"), Of("max_long"), Of("max_short"));

            Assert.AreEqual((Of("new_height"), Of("new_width")), (resized.NewHeight, resized.NewWidth));
            Assert.AreEqual(
                (Of("padded_height"), Of("padded_width")),
                (ResizedImage.Padded(resized.NewHeight, 32), ResizedImage.Padded(resized.NewWidth, 32)));
            Assert.AreClose(
                new[] { golden.GetProperty("scale_factor_w").GetDouble(), golden.GetProperty("scale_factor_h").GetDouble() },
                new[] { resized.ScaleX, resized.ScaleY }, 0, "scale factors", relative: 1e-7);
        }
    }

    [TestMethod]
    [DynamicData(nameof(Levels))]
    public void RegionsAreTakenFromTheOfficialLevels(string? file)
    {
        var golden = GoldenFiles.Read(file);
        var boxes = Boxes(golden.GetProperty("boxes"));

        CollectionAssert.AreEqual(
            Integers(golden.GetProperty("official")), boxes.Select(box => PyramidLevel.Of(box, 56, 4)).ToArray());
        CollectionAssert.AreEqual(
            Integers(golden.GetProperty("official_with_finest_scale_14")), boxes.Select(box => PyramidLevel.Of(box, 14, 4)).ToArray());
    }

    [TestMethod]
    public void EmptyAndEndlessRegionsHaveALevelToo()
    {
        Assert.AreEqual(0, PyramidLevel.Of(new Box(3, 3, 3, 3), 56, 4));
        Assert.AreEqual(0, PyramidLevel.Of(new Box(5, 0, 0, 5), 56, 4));
        Assert.AreEqual(3, PyramidLevel.Of(new Box(0, 0, float.MaxValue, float.MaxValue), 56, 4));
    }

    private static Box[] Boxes(JsonElement rows) => [.. rows.EnumerateArray()
        .Select(row => new Box(row[0].GetSingle(), row[1].GetSingle(), row[2].GetSingle(), row[3].GetSingle()))];

    private static float[] Scores(JsonElement golden) => [.. golden.GetProperty("scores").EnumerateArray().Select(s => s.GetSingle())];

    private static int[] Integers(JsonElement list) => [.. list.EnumerateArray().Select(value => value.GetInt32())];
}
