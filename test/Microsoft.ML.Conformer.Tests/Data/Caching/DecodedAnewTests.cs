using Microsoft.ML.Conformer.Data.Caching;
using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Data.Reading;
using Microsoft.ML.Conformer.Tests.Data.Images;
using Microsoft.ML.Conformer.Tests.Scoring;

namespace Microsoft.ML.Conformer.Tests.Data.Caching;

/// <summary>Images that are decoded in each epoch, where they would not fit into memory.</summary>
[TestClass]
public sealed class DecodedAnewTests
{
    private readonly MLContext _context = new(seed: 1);
    private readonly TemporaryFolder _folder = new();

    [TestCleanup]
    public void DeleteFolder() => _folder.Dispose();

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void TheirPixelsAreThoseOfKeptImages(bool training)
    {
        var data = Data(Enumerable.Range(0, 7).Select(i => Save($"{i}.jpg", 200 + 30 * i, 150)));
        using var kept = Read(ImageCaching.Keep);
        using var anew = Read(ImageCaching.Decode);

        Assert.AreEqual((false, true, 7), (kept.IsDecodedAnew, anew.IsDecodedAnew, anew.Count));
        CollectionAssert.AreEqual(kept.Labels.ToList(), anew.Labels.ToList());
        for (var pass = 0; pass < 2; pass++)
            for (var i = 0; i < 7; i++)
            {
                using var expected = kept.Rent(i);
                using var actual = anew.Rent(i);
                Assert.AreEqual((expected.Image.Width, expected.Image.Height), (actual.Image.Width, actual.Image.Height));
                CollectionAssert.AreEqual(
                    expected.Image.Pixels[..expected.Image.ByteCount], actual.Image.Pixels[..actual.Image.ByteCount], $"{i}");
            }

        ImageDataset Read(ImageCaching caching) => training
            ? ImageDataset.ForTraining(data, Options(caching), default)
            : ImageDataset.ForEvaluation(data, Options(caching), default);
    }

    [TestMethod]
    public void WhatFitsIntoMemoryIsKeptAndWhatDoesNotIsDecodedAnewWithAWord()
    {
        var data = Data(Enumerable.Range(0, 10).Select(i => Save($"{i}.png", 40, 30))); // 3,600 bytes each
        var told = new List<string>();

        using var kept = ImageDataset.ForTraining(data, Options(ImageCaching.Auto) with { MaxCacheBytes = 36_000 }, default);
        using var anew = ImageDataset.ForTraining(
            data, Options(ImageCaching.Auto) with { MaxCacheBytes = 35_999, Tell = told.Add }, default);

        Assert.AreEqual((false, true), (kept.IsDecodedAnew, anew.IsDecodedAnew));
        StringAssert.StartsWith(told.Single(), "10 images are decoded anew in each epoch");
    }

    [TestMethod]
    public void NoFileIsReadBeforeItsTurnAndABadOneIsAnErrorThenWithItsName()
    {
        var (good, bad) = (Save("good.png", 40, 30), _folder.File("bad.png"));
        File.WriteAllText(bad, "<html>");

        using var dataset = ImageDataset.ForTraining(Data([good, bad, good]), Options(ImageCaching.Decode), default);

        Assert.AreEqual(3, dataset.Count);
        dataset.Rent(0).Dispose();
        var error = Assert.ThrowsExactly<InvalidDataException>(() => dataset.Rent(1));
        StringAssert.Contains(error.Message, bad);
    }

    [TestMethod]
    public void AFileThatIsCutBetweenTwoEpochsIsNoticed()
    {
        var photo = Save("photo.jpg", 64, 48);
        using var dataset = ImageDataset.ForTraining(Data([photo, Save("other.jpg", 40, 30)]), Options(ImageCaching.Decode), default);
        dataset.Rent(0).Dispose();

        File.WriteAllBytes(photo, File.ReadAllBytes(photo)[..^300]);

        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => dataset.Rent(0)).Message, "truncated");
    }

    [TestMethod]
    public void AnAbsentFileIsAnErrorAtOnce()
    {
        var (good, absent) = (Save("good.png", 40, 30), _folder.File("absent.png"));

        var error = Assert.ThrowsExactly<InvalidDataException>(
            () => ImageDataset.ForTraining(Data([good, absent]), Options(ImageCaching.Decode), default));

        StringAssert.Contains(error.Message, absent);
    }

    [TestMethod]
    public void BadImagesThatAreToBeSkippedAreLeftOutBeforeTheFirstEpoch()
    {
        var good = Save("good.png", 40, 30);
        var reported = new List<BadImage>();

        using var dataset = ImageDataset.ForTraining(
            Data([good, _folder.File("absent.png"), good]),
            Options(ImageCaching.Decode) with { BadImages = BadImagePolicy.Skip, OnBadImage = reported.Add }, default);

        Assert.AreEqual((2, 1, true), (dataset.Count, dataset.BadImageCount, dataset.IsDecodedAnew));
        Assert.AreEqual((1L, _folder.File("absent.png")), (reported.Single().Row, reported.Single().Path));
    }

    [TestMethod]
    public void ImagesThatAreNoFilesCannotBeDecodedAnew()
    {
        var error = Assert.ThrowsExactly<InvalidOperationException>(() => ImageDataset.ForTraining(
            new Reading.ImageRowsView(Reading.ImageRowsView.Good(3)),
            Options(ImageCaching.Decode) with { ImageColumnName = "Image" }, default));
        StringAssert.Contains(error.Message, "'Image'");
    }

    [TestMethod]
    public void TheReadingIsReportedAndTheDiskIsLookedAtFirst()
    {
        var data = Data(Enumerable.Range(0, 5).Select(i => Save($"{i}.png", 40, 30)));
        var reports = new List<(long, long?)>();
        using var dataset = ImageDataset.ForTraining(
            data, Options(ImageCaching.Keep) with { OnProgress = (read, total) => reports.Add((read, total)) }, default);
        Assert.AreEqual((5L, 5L), reports[^1]);

        var estimate = new ImageCacheEstimate(1_000_000, long.MaxValue / 2);
        var error = Assert.ThrowsExactly<IOException>(
            () => estimate.IsToBeKept(Options(ImageCaching.Keep) with { TempFolder = _folder.Path }));
        StringAssert.Contains(error.Message, _folder.Path);
    }

    [TestMethod]
    public void ImagesOfNearlyOneColorAreCounted()
    {
        var black = _folder.File("black.png");
        File.WriteAllBytes(black, ImageFileBytes.Encode(40, 30, [.. Enumerable.Range(0, 40 * 30 * 3).Select(i => (byte)(i % 16))], ".png"));

        using var dataset = ImageDataset.ForTraining(
            Data([Save("good.png", 40, 30), black, black]), Options(ImageCaching.Keep), default);

        Assert.AreEqual((3, 2, black), (dataset.Count, dataset.DullCount, dataset.DullName));
    }

    [TestMethod]
    public void ANetworkIsTheSameHoweverItsImagesAreKept()
    {
        var data = Data(Enumerable.Range(0, 12).Select(i => Save($"{i}.jpg", 120 + 10 * i, 90)));
        var networks = new[] { ImageCaching.Keep, ImageCaching.Decode }.Select(caching =>
        {
            var options = ScoringModel.QuickTraining(epochs: 2);
            (options.ImageColumnName, options.ImageCaching) = ("Path", caching);
            using var model = _context.MulticlassClassification.Trainers.Conformer(options).Fit(data);
            model.SaveAsOnnx(_folder.File($"{caching}.onnx"));
            return File.ReadAllBytes(_folder.File($"{caching}.onnx"));
        }).ToList();

        CollectionAssert.AreEqual(networks[0], networks[1]);
    }

    private static ImageReadOptions Options(ImageCaching caching) => new()
    {
        ImageColumnName = "Path",
        LabelColumnName = "Label",
        Preprocessor = new(16, new()),
        Caching = caching,
    };

    private IDataView Data(IEnumerable<string> paths)
    {
        var rows = _context.Data.LoadFromEnumerable(
            paths.Select((path, i) => new Row { Path = path, Label = i % 2 == 0 ? "a" : "b" }).ToList());
        return _context.Transforms.Conversion.MapValueToKey("Label").Fit(rows).Transform(rows);
    }

    private string Save(string name, int width, int height)
    {
        var image = FormulaImage.Rgb(width, height, width);
        File.WriteAllBytes(_folder.File(name), ImageFileBytes.Encode(width, height, image.Pixels, Path.GetExtension(name)));
        return _folder.File(name);
    }

    private sealed class Row
    {
        public string Path { get; set; } = "";

        public string Label { get; set; } = "";
    }
}
