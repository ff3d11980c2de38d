using System.Text.Json;
using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Conformer.Tests.Goldens;

namespace Microsoft.ML.Conformer.Tests.Detection.Masks;

/// <summary>Against COCO's own maskApi.</summary>
[TestClass]
public sealed class CocoMaskTests
{
    private static IEnumerable<object?[]> Files => GoldenFiles.OfKind("coco-masks").Cases();

    [TestMethod]
    [DynamicData(nameof(Files))]
    public void PolygonsAndBitmapsHaveTheOfficialRunsTextAreaAndBox(string? file)
    {
        var golden = new Golden(GoldenFiles.Read(file));

        foreach (var (mask, expected) in golden.Polygons.Zip(golden.Root.GetProperty("masks").EnumerateArray()))
            AssertIs(expected, mask);
        foreach (var (mask, expected) in golden.Bitmaps.Zip(golden.Root.GetProperty("bitmaps").GetProperty("masks").EnumerateArray()))
            AssertIs(expected, mask);
        var special = golden.Root.GetProperty("special");
        var (empty, full) = (new bool[golden.Height * golden.Width], Enumerable.Repeat(true, golden.Height * golden.Width).ToArray());
        AssertIs(special.GetProperty("empty_mask"), RunLengthMask.FromBitmap(empty, golden.Height, golden.Width));
        AssertIs(special.GetProperty("full_mask"), RunLengthMask.FromBitmap(full, golden.Height, golden.Width));
    }

    [TestMethod]
    [DynamicData(nameof(Files))]
    public void UnionIntersectionAndOverlapAreTheOfficialOnes(string? file)
    {
        var golden = new Golden(GoldenFiles.Read(file));
        var (polygons, bitmaps) = (golden.Polygons, golden.Bitmaps);

        AssertIs(golden.Root.GetProperty("union_of_bitmaps"), RunLengthMask.Union(bitmaps));
        AssertIs(golden.Root.GetProperty("intersection_of_bitmap_0_and_polygon_1"), bitmaps[0].Intersection(polygons[1]));
        List<RunLengthMask> rows = [.. polygons.Take(4), .. bitmaps], columns = [.. bitmaps, .. polygons.Skip(1).Take(3)];
        AssertOverlaps("iou", isCrowd: false);
        AssertOverlaps("iou_all_crowd", isCrowd: true);

        void AssertOverlaps(string name, bool isCrowd)
        {
            foreach (var (row, expected) in rows.Zip(golden.Root.GetProperty(name).EnumerateArray()))
                foreach (var (column, value) in columns.Zip(expected.Numbers()))
                    Assert.AreEqual(value, row.IntersectionOverUnion(column, isCrowd), 1e-8);
        }
    }

    private static void AssertIs(JsonElement expected, RunLengthMask mask)
    {
        var (text, box) = (expected.GetProperty("compressed").GetString()!, expected.GetProperty("bbox_xywh").Numbers().ToArray());
        var counts = expected.GetProperty("counts").Numbers().Select(count => (int)count).ToArray();

        CollectionAssert.AreEqual(counts, mask.Counts.ToArray());
        Assert.AreEqual(text, mask.ToString());
        Assert.AreEqual(expected.GetProperty("area").GetInt32(), mask.Area);
        Assert.AreEqual(new ImageBox(box[0], box[1], box[2], box[3]), mask.Bounds);
        Assert.AreEqual(mask, RunLengthMask.Parse(text, mask.Height, mask.Width));
        Assert.AreEqual(mask, RunLengthMask.FromCounts(counts.Select(count => (long)count), mask.Height, mask.Width));
        Assert.AreEqual(mask, RunLengthMask.FromBitmap(mask.ToBitmap(), mask.Height, mask.Width));
    }

    private sealed class Golden
    {
        public Golden(JsonElement root)
        {
            Root = root;
            (Height, Width) = (root.GetProperty("height").GetInt32(), root.GetProperty("width").GetInt32());
            Polygons = [.. root.GetProperty("polygons").EnumerateArray()
                .Select(polygon => RunLengthMask.FromPolygons([[.. polygon.Numbers()]], Height, Width))];
            var bitmaps = root.GetProperty("bitmaps");
            var seed = bitmaps.GetProperty("key_seed").GetInt32();
            Bitmaps = [.. bitmaps.GetProperty("cy_cx_r").EnumerateArray().Select((disc, index) => Disc(disc, index, seed))];
        }

        public JsonElement Root { get; }

        public int Height { get; }

        public int Width { get; }

        public IReadOnlyList<RunLengthMask> Polygons { get; }

        public IReadOnlyList<RunLengthMask> Bitmaps { get; }

        private RunLengthMask Disc(JsonElement disc, int index, int seed)
        {
            var (centerY, centerX, radius) = (disc[0].GetDouble(), disc[1].GetDouble(), disc[2].GetDouble());
            var hash = Formula.Hash(Formula.Key($"det.bitmap.{index}", seed));
            var bitmap = new bool[Height * Width];
            for (var i = 0; i < bitmap.Length; i++)
            {
                var (y, x) = (i / Width - centerY, i % Width - centerX);
                bitmap[i] = y * y + x * x <= radius * radius && Formula.Uniform(hash, (ulong)i) > -0.8;
            }
            return RunLengthMask.FromBitmap(bitmap, Height, Width);
        }
    }
}
