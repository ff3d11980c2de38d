using Microsoft.ML.Conformer.Augmentation;
using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Conformer.Detection.Augmentation;
using Microsoft.ML.Conformer.Detection.Images;

namespace Microsoft.ML.Conformer.Tests.Detection.Segmentation;

[TestClass]
public sealed class SegmentationAugmenterTests
{
    private const int Width = 40, Height = 24, Crop = 32;

    private static readonly DetectorPreprocessing _images = new() { LongestSide = 80, ShortestSide = 48 };

    /// <summary>Stripes whose brightness is ten times their class.</summary>
    private static readonly LabelMap _labels = new(
        Height, Width, [.. Enumerable.Range(0, Height * Width).Select(i => (byte)(i % Width / 4))]);

    private static readonly RgbImage _photo = new(
        Width, Height, [.. _labels.Values.SelectMany(label => Enumerable.Repeat((byte)(10 * label), 3))]);

    [TestMethod]
    public void LabelsGoWhereThePixelsGo()
    {
        var augmenter = new SegmentationAugmenter(new SegmentationAugmentation(), _images, Crop);
        var (sizes, firsts) = (new HashSet<(int, int)>(), new HashSet<bool>());
        for (var image = 0; image < 60; image++)
        {
            var made = augmenter.Apply(_photo, _labels, new ImageRandom(1, 0, image));

            Assert.AreEqual((made.Image.Height, made.Image.Width), (made.Labels.Height, made.Labels.Width));
            Assert.IsTrue(made.Image.Height is >= 24 and <= Crop && made.Image.Width is > 24 and <= Crop);
            var same = made.Labels.Values.Index().Count(pixel => Math.Abs(made.Image.Pixels[3 * pixel.Index] - 10 * pixel.Item) <= 5);
            Assert.IsGreaterThan(0.8 * made.Labels.Values.Length, same, "but for pixels between two stripes");
            sizes.Add((made.Image.Height, made.Image.Width));
            firsts.Add(made.Labels[0, 0] < made.Labels[0, made.Labels.Width - 1]);
        }
        Assert.IsGreaterThan(3, sizes.Count, "smaller images are not filled up to the crop");
        Assert.HasCount(2, firsts, "some are mirrored");
    }

    [TestMethod]
    public void TheSameRandomNumbersGiveTheSame()
    {
        var augmenter = new SegmentationAugmenter(
            new SegmentationAugmentation { Colors = new ColorJitterRecipe { Brightness = 0.5 } }, _images, Crop);
        SegmentedPhoto Make(int epoch) => augmenter.Apply(_photo, _labels, new ImageRandom(1, epoch, 3));

        CollectionAssert.AreEqual(Make(1).Image.Pixels, Make(1).Image.Pixels);
        CollectionAssert.AreEqual(Make(1).Labels.Values, Make(1).Labels.Values);
        CollectionAssert.AreNotEqual(Make(1).Image.Pixels, Make(2).Image.Pixels);
    }

    [TestMethod]
    public void CropsOfNearlyOneClassAreDrawnAnew()
    {
        // One class but for the last eighth of the columns, so that most crops have it alone.
        var labels = new LabelMap(Height, Width, [.. Enumerable.Range(0, Height * Width).Select(i => i % Width < 35 ? (byte)0 : (byte)1)]);
        int Varied(double share) => Enumerable.Range(0, 50).Count(image => new SegmentationAugmenter(
            new SegmentationAugmentation { SmallestScale = 2, LargestScale = 2, MaxClassShare = share }, _images, Crop)
            .Apply(_photo, labels, new ImageRandom(1, 0, image)).Labels.Values.Distinct().Count() > 1);

        Assert.IsLessThan(20, Varied(1));
        Assert.IsGreaterThan(35, Varied(0.999));
    }
}
