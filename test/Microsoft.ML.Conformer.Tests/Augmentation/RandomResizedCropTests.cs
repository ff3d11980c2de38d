using Microsoft.ML.Conformer.Augmentation;
using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Tests.Goldens;

namespace Microsoft.ML.Conformer.Tests.Augmentation;

[TestClass]
public sealed class RandomResizedCropTests
{
    public static IEnumerable<object?[]> Files => GoldenFiles.OfKind("random-resized-crop").Cases();

    [TestMethod]
    public void DrawsWholePixelsWithinTheImageAndTheRangesOfAreaAndAspect()
    {
        var crop = new RandomResizedCrop(0.35, 1);
        var areas = new List<double>();
        for (var image = 0; image < 2000; image++)
        {
            var random = new ImageRandom(seed: 1, epoch: 0, image);

            var box = crop.Draw(320, 240, random);

            var (width, height) = (box.Right - box.Left, box.Bottom - box.Top);
            Assert.IsTrue(box is { Left: >= 0, Top: >= 0, Right: <= 320, Bottom: <= 240 }, $"{box}");
            Assert.AreEqual(box, new SourceBox((int)box.Left, (int)box.Top, (int)box.Right, (int)box.Bottom));
            Assert.IsTrue(width / height is > 0.74f and < 1.35f, $"{box}");
            areas.Add(width * height / (320 * 240));
        }
        Assert.IsTrue(areas.Min() is > 0.34 and < 0.36, $"{areas.Min()}");
        Assert.IsTrue(areas.Max() is > 0.95 and <= 1, $"{areas.Max()}");
        // Below the middle of the range, as large boxes of another aspect than the image's do not fit; a simulation of the official
        // recipe gives 0.576.
        Assert.AreEqual(0.576, areas.Average(), 0.01);
    }

    [TestMethod]
    [DataRow(1, 1, 0, 0, 1, 1)]
    [DataRow(4000, 1, 1999, 0, 2000, 1)]
    [DataRow(3, 2000, 0, 998, 3, 1002)]
    public void TakesTheCenterWhereNoBoxFits(int width, int height, float left, float top, float right, float bottom)
    {
        var random = new ImageRandom(1, 2, 3);

        Assert.AreEqual(new SourceBox(left, top, right, bottom), new RandomResizedCrop(1, 1).Draw(width, height, random));
    }

    /// <summary>timm draws the box's top before its left, this library its left first.</summary>
    [TestMethod]
    [DynamicData(nameof(Files))]
    public void BoxesAreTimmsForTheSameDraws(string? file)
    {
        foreach (var golden in GoldenFiles.Read(file).GetProperty("cases").EnumerateArray())
        {
            double[] Numbers(string name) => [.. golden.GetProperty(name).Numbers()];
            var (draws, scale, ratio, expected) =
                (Numbers("uniform_draws"), Numbers("scale"), Numbers("ratio"), Numbers("box_top_left_h_w"));
            if (!golden.GetProperty("fallback").GetBoolean())
                (draws[^2], draws[^1]) = (draws[^1], draws[^2]);
            var random = new ScriptedRandom(draws);

            var box = new RandomResizedCrop(scale[0], scale[1], ratio[0], ratio[1])
                .Draw(golden.GetProperty("width").GetInt32(), golden.GetProperty("height").GetInt32(), random);

            double[] given = [box.Top, box.Left, box.Bottom - box.Top, box.Right - box.Left];
            CollectionAssert.AreEqual(expected, given, $"{golden}");
            Assert.AreEqual(0, random.Left, "draws that were not made");
        }
    }
}
