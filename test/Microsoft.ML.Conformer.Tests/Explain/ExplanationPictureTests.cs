using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Explain;
using Microsoft.ML.Conformer.Tests.Data.Images;
using SkiaSharp;

namespace Microsoft.ML.Conformer.Tests.Explain;

/// <summary>Overlays and sheets.</summary>
[TestClass]
public sealed class ExplanationPictureTests
{
    private static readonly MLContext _context = new(seed: 1);
    private static readonly TemporaryFolder _folder = new();

    /// <summary>Letters that few machines have fonts for, controls and a symbol of two UTF-16 units, and more than fits.</summary>
    private static readonly string[] _classes = ["郁金香", "\u202Eroses\u0007\U0001F339", new string('w', 500)];

    private static ImageExplainer _explainer = null!;

    [ClassInitialize]
    public static void CreateExplainer(TestContext _)
    {
        using var model = ExplainedModel.Create(_context, ExplainedModel.Conformer, _classes);
        _explainer = model.CreateExplainer(new ExplanationOptions { PictureSize = 96 });
    }

    [ClassCleanup]
    public static void Dispose()
    {
        _explainer.Dispose();
        _folder.Dispose();
    }

    [TestMethod]
    public void AnOverlayIsAPngOfThePicturesSize()
    {
        var explanation = _explainer.Explain(FormulaImage.MLImage(120, 100));
        foreach (var map in explanation.Maps)
        {
            var path = _folder.File($"{map.Name}.png");
            explanation.SaveOverlay(path, map.Kind);

            CollectionAssert.AreEqual(File.ReadAllBytes(path), explanation.ToOverlay(map.Kind));
            Assert.AreEqual((96, 96), SizeOf(path));
            using var picture = SKBitmap.Decode(path);
            Assert.IsTrue(picture.Pixels.Distinct().Count() > 1000, "the photo shows through");
        }
        Assert.ThrowsExactly<DirectoryNotFoundException>(
            () => explanation.SaveOverlay(_folder.File("absent", "map.png"), ImageMapKind.Coupled));
    }

    [TestMethod]
    public void AnOverlayIsRedWhereTheMapIsHighestAndBlueWhereItIsLowest()
    {
        var gray = new RgbImage(64, 64, [.. Enumerable.Repeat((byte)128, 3 * 64 * 64)]);
        var map = new ImageMap(ImageMapKind.ClassActivation, "map", 2, 2, [-3, 1, 1, 5]);

        var overlay = MapOverlay.Of(gray, map).Pixels;

        Assert.IsTrue(overlay[2] > overlay[0] + 40, $"{overlay[0]} {overlay[1]} {overlay[2]}");
        Assert.IsTrue(overlay[^3] > overlay[^1] + 40, $"{overlay[^3]} {overlay[^2]} {overlay[^1]}");
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void ASheetHasARowForEachImageWhateverTheClassesNames(bool includeStages)
    {
        string[] files = [.. Enumerable.Range(0, 3).Select(number =>
        {
            var path = _folder.File($"花 {number}.png");
            File.WriteAllBytes(path, ImageFileBytes.Encode(80, 90, FormulaImage.Rgb(80, 90, 50 * number).Pixels, ".png"));
            return path;
        })];
        List<ImageExplanation> explanations = [.. files.SelectMany(file => _classes, (file, name) => _explainer.Explain(file).For(name))];
        var path = _folder.File("sheet.png");

        ExplanationSheet.Save(path, explanations, includeStages);

        var (columns, rows) = includeStages ? (8, 18) : (5, 9);
        Assert.AreEqual((6 + columns * (96 + 6), 6 + rows * (96 + 20 + 6)), SizeOf(path));
    }

    [TestMethod]
    public void ASheetIsOfOneToAHundredImages()
    {
        var explanation = _explainer.Explain(FormulaImage.MLImage(80, 80));
        foreach (var count in (int[])[0, 101])
            StringAssert.Contains(
                Assert.ThrowsExactly<ArgumentException>(
                    () => ExplanationSheet.Save(_folder.File("none.png"), [.. Enumerable.Repeat(explanation, count)])).Message,
                $"There are {count} explanations");
        Assert.IsFalse(File.Exists(_folder.File("none.png")));
    }

    [TestMethod]
    public void ASheetIsOfPicturesOfOneSize()
    {
        using var model = ExplainedModel.Create(_context, ExplainedModel.Conformer, _classes);
        using var other = model.CreateExplainer(new ExplanationOptions { PictureSize = 128 });
        ImageExplanation[] explanations = [.. ((ImageExplainer[])[_explainer, other])
            .Select(explainer => explainer.Explain(FormulaImage.MLImage(80, 80)))];

        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => ExplanationSheet.Save(_folder.File("none.png"), explanations)).Message,
            "pictures of 96 and of 128 pixels");
        Assert.IsFalse(File.Exists(_folder.File("none.png")));
    }

    [TestMethod]
    public void ASheetOfLargePicturesHasFewerImages()
    {
        using var model = ExplainedModel.Create(_context, ExplainedModel.Conformer, _classes);
        using var explainer = model.CreateExplainer(new ExplanationOptions { PictureSize = 2048 });
        var explanation = explainer.Explain(FormulaImage.MLImage(80, 80));

        var error = Assert.ThrowsExactly<ArgumentException>(
            () => ExplanationSheet.Save(_folder.File("none.png"), [.. Enumerable.Repeat(explanation, 3)], includeStages: true));

        StringAssert.Contains(error.Message, "a sheet shows 1-2 of that size");
        Assert.IsFalse(File.Exists(_folder.File("none.png")));
        Assert.AreEqual((100, 100, 2), (
            ExplanationSheet.MostImages(32), ExplanationSheet.MostImages(300), ExplanationSheet.MostImages(2048)));
    }

    private static (int Width, int Height) SizeOf(string path)
    {
        using var codec = SKCodec.Create(path);
        Assert.AreEqual(SKEncodedImageFormat.Png, codec.EncodedFormat);
        return (codec.Info.Width, codec.Info.Height);
    }
}
