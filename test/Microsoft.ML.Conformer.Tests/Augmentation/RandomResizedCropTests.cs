using Microsoft.ML.Conformer.Augmentation;
using Microsoft.ML.Conformer.Data.Images;

namespace Microsoft.ML.Conformer.Tests.Augmentation;

[TestClass]
public sealed class RandomResizedCropTests
{
    [TestMethod]
    public void DrawsWholePixelsWithinTheImageAndTheRangesOfAreaAndAspect()
    {
        var crop = new RandomResizedCrop(0.35, 1);
        var areas = new List<double>();
        for (var image = 0; image < 2000; image++)
        {
            var random = new ImageRandom(seed: 1, epoch: 0, image);

            var box = crop.Draw(320, 240, ref random);

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

        Assert.AreEqual(new SourceBox(left, top, right, bottom), new RandomResizedCrop(1, 1).Draw(width, height, ref random));
    }

    [TestMethod]
    public void StreamsDependOnSeedEpochAndImageAlone()
    {
        Assert.AreEqual(Draw(1, 2, 3), Draw(1, 2, 3));
        var draws = from seed in Enumerable.Range(-5, 10)
                    from epoch in Enumerable.Range(0, 10)
                    from image in Enumerable.Range(-1, 100)
                    select Draw(seed, epoch, image);
        var list = draws.ToList();

        Assert.AreEqual(list.Count, list.Distinct().Count());
        Assert.AreEqual(0.5, list.Average(), 0.01);
        Assert.AreEqual(1 / 12.0, list.Average(value => (value - 0.5) * (value - 0.5)), 0.003);

        static double Draw(int seed, int epoch, int image)
        {
            var random = new ImageRandom(seed, epoch, image);
            return random.NextDouble();
        }
    }
}
