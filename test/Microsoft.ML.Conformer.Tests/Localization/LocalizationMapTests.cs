using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Localization;
using Microsoft.ML.Conformer.Tests.Goldens;

namespace Microsoft.ML.Conformer.Tests.Localization;

[TestClass]
public sealed class LocalizationMapTests
{
    [TestMethod]
    public void TheBoxIsTightAroundTheLargestRegionAndNotTheBrightest()
    {
        var map = Map(
            "9.......",
            "......5.",
            ".....555",
            "......6.",
            "........");

        Assert.AreEqual(new ImageBox(5, 1, 3, 3), map.Box(threshold: 0.5));
        Assert.AreEqual(new ImageBox(0, 0, 1, 1), map.Box(threshold: 0.7));
        Assert.AreEqual((0.5, 0.5), map.Peak());
    }

    [TestMethod]
    public void PixelsThatTouchAtACornerAreOneRegion()
    {
        var map = Map(
            "9....",
            ".9...",
            "..9..",
            "....9",
            "....9");

        Assert.AreEqual(new ImageBox(0, 0, 3, 3), map.Box());
    }

    [TestMethod]
    public void TheThresholdIsAFractionBetweenMinimumAndMaximum()
    {
        float[] values = [-10, -8.01f, -8, -9, 0, -9];

        Assert.AreEqual(new ImageBox(1, 0, 2, 2), new LocalizationMap(values, 3, 2).Box(0.199));
        Assert.AreEqual(new ImageBox(1, 0, 2, 2), new LocalizationMap([-10, -9, -8, -9, 0, -9], 3, 2).Box()); // -8 is just at 0.2
        Assert.AreEqual(new ImageBox(1, 1, 1, 1), new LocalizationMap(values, 3, 2).Box(0.21));
        Assert.AreEqual(new ImageBox(0, 0, 3, 2), new LocalizationMap(values, 3, 2).Box(0));
        Assert.AreEqual(new ImageBox(1, 1, 1, 1), new LocalizationMap(values, 3, 2).Box(1));
        // The difference of minimum and maximum is rounded here.
        Assert.AreEqual(new ImageBox(1, 0, 1, 1), new LocalizationMap([-1e-30f, 1e10f, 0.1f], 3, 1).Box(1));
    }

    [TestMethod]
    public void AMapWithoutDifferencesHasTheWholeImageAndItsCenter()
    {
        var map = new LocalizationMap([2, 2, 2, 2, 2, 2], 3, 2);

        Assert.AreEqual(new ImageBox(0, 0, 3, 2), map.Box());
        Assert.AreEqual((1.5, 1.0), map.Peak());
    }

    /// <summary>A second way: pixels are joined until nothing changes.</summary>
    [TestMethod]
    [DataRow(1, 1)]
    [DataRow(1, 9)]
    [DataRow(17, 1)]
    [DataRow(23, 31)]
    [DataRow(48, 48)]
    public void TheBoxOfARandomMapIsThatOfASlowSearch(int width, int height)
    {
        for (var k = 0; k < 8; k++)
        {
            var values = Formula.Image(k, height, width, channels: 1);
            double low = values.Min(), high = values.Max();
            foreach (var threshold in new[] { 0.2, 0.5, 0.6, 0.7 })
                Assert.AreEqual(
                    SlowBox([.. values.Select(value => value >= Math.Min(low + threshold * (high - low), high))], width, height),
                    new LocalizationMap(values, width, height).Box(threshold), $"{k}, {threshold}");
        }
    }

    [TestMethod]
    public void AnEnlargedMapsCornerIsAPlateauWhoseCenterIsThePeak()
    {
        var enlarged = new float[8 * 8];
        BilinearResize.Apply([0, 0, 0, 1], 2, 2, enlarged, 8, 8);

        Assert.AreEqual((7.0, 7.0), new LocalizationMap(enlarged, 8, 8).Peak()); // 2 x 2 pixels
    }

    [TestMethod]
    public void APeakInOneOfTheBoxesIsAHit()
    {
        var map = Map(
            "1....",
            "...99",
            "...99");

        Assert.AreEqual((4.0, 2.0), map.Peak());
        Assert.IsTrue(map.PointsInto([new ImageBox(0, 0, 1, 1), new ImageBox(3.5, 1.5, 1, 1)]));
        Assert.IsFalse(map.PointsInto([new ImageBox(0, 0, 4, 3), new ImageBox(4, 0, 1, 2)]));
        Assert.IsTrue(map.PointsInto([new ImageBox(0, 0, 4, 3), new ImageBox(4, 0, 1, 2)], tolerance: 1));
        Assert.IsFalse(map.PointsInto([]));
    }

    [TestMethod]
    public void ValuesThatAreNotNumbersOrTooFewAreRefused()
    {
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => new LocalizationMap([1, float.NaN], 2, 1).Peak()).Message, "not finite");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => new LocalizationMap([1], 2, 1).Peak()).Message, "2x1");
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new LocalizationMap([1], 1, 1).Box(1.1));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new LocalizationMap([1], 1, 1).Box(double.NaN));
    }

    private static LocalizationMap Map(params string[] rows) => new(
        rows.SelectMany(row => row.Select(letter => letter == '.' ? 0f : letter - '0')).ToArray(), rows[0].Length, rows.Length);

    private static ImageBox SlowBox(bool[] isIn, int width, int height)
    {
        int[] labels = [.. Enumerable.Range(0, isIn.Length)];
        for (var changed = true; changed;)
        {
            changed = false;
            for (var i = 0; i < isIn.Length; i++)
                for (var j = Math.Max(0, i - width - 1); j < Math.Min(isIn.Length, i + width + 2); j++)
                    if (isIn[i] && isIn[j] && labels[j] < labels[i]
                        && Math.Abs(i % width - j % width) <= 1 && Math.Abs(i / width - j / width) <= 1)
                        (labels[i], changed) = (labels[j], true);
        }
        var region = Enumerable.Range(0, isIn.Length).Where(i => isIn[i]).GroupBy(i => labels[i]).MaxBy(group => group.Count())!;
        var (left, top) = (region.Min(i => i % width), region.Min(i => i / width));
        return new ImageBox(left, top, region.Max(i => i % width) + 1 - left, region.Max(i => i / width) + 1 - top);
    }
}
