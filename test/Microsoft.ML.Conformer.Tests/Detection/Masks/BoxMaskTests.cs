using System.Text.Json;
using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Conformer.Detection.Boxes;
using Microsoft.ML.Conformer.Detection.Masks;
using Microsoft.ML.Conformer.Tests.Goldens;

namespace Microsoft.ML.Conformer.Tests.Detection.Masks;

/// <summary>Maps pasted into boxes, and masks cropped to boxes, against mmdetection's.</summary>
[TestClass]
public sealed class BoxMaskTests
{
    private static IEnumerable<object?[]> Files => GoldenFiles.OfKind("detection-masks").Cases();

    [TestMethod]
    [DynamicData(nameof(Files))]
    public void PastedMapsHaveTheOfficialPixels(string? file)
    {
        var golden = GoldenFiles.Read(file);
        var (height, width) = Size(golden);
        var official = golden.GetProperty("official");
        foreach (var (index, box) in golden.GetProperty("boxes").EnumerateArray().Select(ToBox).Index())
        {
            var rows = golden.GetProperty("probabilities_times_1024")[index];
            var map = rows.Numbers().Select(value => (float)(value / 1024)).ToArray();

            var mask = PastedMask.Of(map, rows.GetArrayLength(), box, height, width);

            CollectionAssert.AreEqual(official.GetProperty("rle")[index].Numbers().ToArray(), mask.Counts.Select(n => (double)n).ToArray());
            Assert.AreEqual(official.GetProperty("area")[index].GetInt32(), mask.Area);
        }
    }

    [TestMethod]
    [DynamicData(nameof(Files))]
    public void TargetsOfTheMaskHeadAreTheOfficialOnes(string? file)
    {
        var golden = GoldenFiles.Read(file);
        var (height, width) = Size(golden);
        var targets = golden.GetProperty("targets");
        var bitmaps = targets.GetProperty("bitmaps_rle").EnumerateArray()
            .Select(counts => RunLengthMask.FromCounts(counts.Numbers().Select(count => (long)count), height, width)).ToList();
        foreach (var (index, box) in targets.GetProperty("boxes").EnumerateArray().Select(ToBox).Index())
        {
            var rows = targets.GetProperty("official_rows")[index].EnumerateArray().Select(row => row.GetString()!).ToList();
            var stats = targets.GetProperty("official_before_threshold")[index];
            double[] first = [.. stats.GetProperty("first").Numbers()], last = [.. stats.GetProperty("last").Numbers()];
            var mask = bitmaps[targets.GetProperty("bitmap_index")[index].GetInt32()];

            var coverage = MaskTarget.Coverage(mask, box, rows.Count);
            var target = MaskTarget.Of(mask, box, rows.Count);

            Assert.AreEqual(stats.GetProperty("mean").GetDouble(), coverage.Average(), 1e-5);
            Assert.AreClose(first, coverage.Take(first.Length), 1e-5, "the first");
            Assert.AreClose(last, coverage.TakeLast(last.Length), 1e-5, "the last");
            Assert.AreEqual(string.Concat(rows), string.Concat(target.Select(value => value.ToString("0"))));
            Assert.AreEqual(targets.GetProperty("official_area")[index].GetInt32(), (int)target.Sum());
        }
    }

    private static (int Height, int Width) Size(JsonElement golden) =>
        (golden.GetProperty("image_height").GetInt32(), golden.GetProperty("image_width").GetInt32());

    private static Box ToBox(JsonElement corners) =>
        new(corners[0].GetSingle(), corners[1].GetSingle(), corners[2].GetSingle(), corners[3].GetSingle());
}
