namespace Microsoft.ML.Conformer.Tests.Localization;

[TestClass]
public sealed class ImageBoxTests
{
    [TestMethod]
    [DataRow(0, 0, 4, 4, 0, 0, 4, 4)]
    [DataRow(0, 0, 4, 4, 2, 2, 4, 4)]
    [DataRow(1, 2, 6, 3, 3, 0, 2, 9)]
    [DataRow(0, 0, 9, 9, 3, 3, 2, 2)]
    [DataRow(0, 0, 4, 4, 4, 0, 4, 4)]
    [DataRow(0, 0, 2, 2, 5, 7, 2, 2)]
    public void IntersectionOverUnionIsWhatCountingPixelsGives(
        int left, int top, int width, int height, int otherLeft, int otherTop, int otherWidth, int otherHeight)
    {
        var (box, other) = (new ImageBox(left, top, width, height), new ImageBox(otherLeft, otherTop, otherWidth, otherHeight));
        var pixels = (from x in Enumerable.Range(0, 20) from y in Enumerable.Range(0, 20) select (x + 0.5, y + 0.5)).ToList();
        double common = pixels.Count(pixel => box.Contains(pixel.Item1, pixel.Item2) && other.Contains(pixel.Item1, pixel.Item2));
        var either = pixels.Count(pixel => box.Contains(pixel.Item1, pixel.Item2) || other.Contains(pixel.Item1, pixel.Item2));

        Assert.AreEqual(common / either, box.IntersectionOverUnion(other), 1e-12);
        Assert.AreEqual(box.IntersectionOverUnion(other), other.IntersectionOverUnion(box));
    }

    [TestMethod]
    public void EdgesMayLieBetweenPixels() =>
        // 0.5 x 1 in common, 1 + 1 - 0.5 in either.
        Assert.AreEqual(1.0 / 3, new ImageBox(0.25, 0, 1, 1).IntersectionOverUnion(new ImageBox(0.75, 0, 1, 1)), 1e-12);

    [TestMethod]
    public void BoxesWithoutAnAreaHaveNothingInCommon()
    {
        foreach (var empty in new[] { default, new ImageBox(1, 1, 0, 5), new ImageBox(1, 1, -1, -1), new ImageBox(double.NaN, 0, 1, 1) })
        {
            Assert.AreEqual(0, empty.IntersectionOverUnion(empty));
            Assert.AreEqual(0, empty.IntersectionOverUnion(new ImageBox(0, 0, 4, 4)));
        }
    }
}
