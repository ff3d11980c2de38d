using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Conformer.Detection.Drawing;
using Microsoft.ML.Conformer.Tests.Detection.Reports;
using SkiaSharp;

namespace Microsoft.ML.Conformer.Tests.Detection.Drawing;

[TestClass]
public sealed class DetectionPictureTests
{
    private const int Width = 200, Height = 120;

    private static readonly RgbImage _gray = new(Width, Height, [.. Enumerable.Repeat((byte)128, Width * Height * 3)]);

    [TestMethod]
    public void MasksAreMixedHalfTransparentAndTheRestStays()
    {
        var mask = RunLengthMask.FromPolygons([[20, 30, 60, 30, 60, 50, 20, 50]], Height, Width);
        var one = new DrawnObject(new ImageBox(100, 100, 10, 10), 3, null, mask);

        var picture = DetectionPicture.Of(_gray, [one], 0.5);

        var (bitmap, color) = (mask.ToBitmap(), one.Color);
        for (var y = 0; y < 90; y++)
            for (var x = 0; x < Width; x++)
                CollectionAssert.AreEqual(
                    bitmap[y * Width + x] ? [Mix(color.Red), Mix(color.Green), Mix(color.Blue)] : new byte[] { 128, 128, 128 },
                    Pixel(picture, x, y), $"{x}, {y}");

        static byte Mix(byte color) => (byte)Math.Round(64 + 0.5 * color);
    }

    [TestMethod]
    public void ABoxHasLinesOfTheClassesColorAtItsEdges()
    {
        var one = new DrawnObject(new ImageBox(50, 40, 100, 60), 7, null, null);

        var picture = DetectionPicture.Of(_gray, [one], 0.5);

        var color = one.Color;
        foreach (var (x, y) in new[] { (50, 70), (149, 70), (100, 40), (100, 99) })
            Assert.IsGreaterThan(60, Distance(Pixel(picture, x, y), [128, 128, 128]), $"the edge at {x}, {y}");
        Assert.IsLessThan(3, Distance(Pixel(picture, 100, 70), [128, 128, 128]), "inside");
        Assert.IsLessThan(3, Distance(Pixel(picture, 45, 70), [128, 128, 128]), "outside");
    }

    [TestMethod]
    [DataRow(50, 40)]
    [DataRow(0, 0)]
    [DataRow(190, 110)]
    public void ALabelIsAboveTheBoxAndAlwaysInsideOfThePicture(int left, int top)
    {
        var one = new DrawnObject(new ImageBox(left, top, 10, 10), 0, DrawnObject.LabelOf("cat", 0.875), null);

        var (with, without) = (DetectionPicture.Of(_gray, [one], 0.5), DetectionPicture.Of(_gray, [one with { Label = null }], 0.5));

        var changed = Enumerable.Range(0, Width * Height).Where(i => Distance(
            Pixel(with, i % Width, i / Width), Pixel(without, i % Width, i / Width)) > 3).ToList();
        Assert.IsGreaterThan(300, changed.Count);
        Assert.IsGreaterThan(15, changed.Max(i => i % Width) - changed.Min(i => i % Width));
        var colors = changed.Select(i => string.Join(' ', Pixel(with, i % Width, i / Width))).Distinct().Count();
        Assert.IsGreaterThan(10, colors, "letters, smooth at their edges");
        Assert.AreEqual("cat 0.88", one.Label);
    }

    [TestMethod]
    public void ClassesDifferInColor()
    {
        var colors = Enumerable.Range(0, 80).Select(index => new DrawnObject(default, index, null, null).Color).ToList();

        Assert.HasCount(80, colors.Distinct().ToList());
        foreach (var (one, next) in colors.Zip(colors.Skip(1)))
            Assert.IsGreaterThan(100, Distance([one.Red, one.Green, one.Blue], [next.Red, next.Green, next.Blue]));
    }

    [TestMethod]
    public void PicturesAreMadeSmallerWithTheirBoxes()
    {
        var one = new DrawnObject(new ImageBox(100, 60, 100, 60), 0, null, null);

        var picture = DetectionPicture.Of(_gray, [one], 0.5, longestSide: 100);

        Assert.AreEqual((100, 60), (picture.Width, picture.Height));
        Assert.IsGreaterThan(60, Distance(Pixel(picture, 50, 45), [128, 128, 128]));
        Assert.IsLessThan(3, Distance(Pixel(picture, 45, 45), [128, 128, 128]));
    }

    [TestMethod]
    [DataRow("overlay.png", SKEncodedImageFormat.Png)]
    [DataRow("overlay.jpg", SKEncodedImageFormat.Jpeg)]
    [DataRow("overlay.JPEG", SKEncodedImageFormat.Jpeg)]
    public void ADetectorSavesAPhotoWithWhatItFinds(string name, SKEncodedImageFormat format)
    {
        using var folder = new DetectedFolder(DetectionHead.MaskRcnn);

        folder.Model.SaveOverlay(folder.Photo(2), folder.Output(name));
        folder.Model.SaveOverlay(folder.Photo(2), folder.Output("none.png"), new DetectionOverlayOptions { LeastScore = 1 });

        using var codec = SKCodec.Create(folder.Output(name));
        Assert.AreEqual(format, codec.EncodedFormat);
        Assert.AreEqual((200, 150), (codec.Info.Width, codec.Info.Height));
        var (photo, none, drawn) = (Read(folder.Photo(2)), Read(folder.Output("none.png")), Read(folder.Output(name)));
        CollectionAssert.AreEqual(photo.Pixels, none.Pixels, "nothing is drawn where no score is high enough");
        Assert.IsGreaterThan(2000, Enumerable.Range(0, 200 * 150).Count(i => Distance(
            Pixel(photo, i % 200, i / 200), Pixel(drawn, i % 200, i / 200)) > 60));
    }

    [TestMethod]
    public void WrongArgumentsAreNamed()
    {
        using var folder = new DetectedFolder(DetectionHead.FasterRcnn);
        File.WriteAllText(folder.Output("text.png"), "no image");

        var ending = Assert.ThrowsExactly<ArgumentException>(() => folder.Model.SaveOverlay(folder.Photo(0), folder.Output("a.gif")));
        var range = Assert.ThrowsExactly<ArgumentException>(() => folder.Model.SaveOverlay(
            folder.Photo(0), folder.Output("a.png"), new DetectionOverlayOptions { MaskOpacity = 2 }));
        var image = Assert.ThrowsExactly<InvalidDataException>(
            () => folder.Model.SaveOverlay(folder.Output("text.png"), folder.Output("a.png")));

        StringAssert.Contains(ending.Message, ".png, .jpg or .jpeg");
        StringAssert.Contains(range.Message, nameof(DetectionOverlayOptions.MaskOpacity));
        StringAssert.Contains(image.Message, "text.png");
        Assert.IsFalse(File.Exists(folder.Output("a.png")));
    }

    private static RgbImage Read(string path) => new Microsoft.ML.Conformer.Data.Reading.RowImage(null, null, path).Decode(new());

    private static byte[] Pixel(RgbImage image, int x, int y) => image.Pixels.AsSpan((y * image.Width + x) * 3, 3).ToArray();

    private static int Distance(byte[] one, byte[] other) => one.Zip(other).Sum(pair => Math.Abs(pair.First - pair.Second));
}
