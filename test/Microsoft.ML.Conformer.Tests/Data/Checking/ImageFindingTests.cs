using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Tests.Data.Images;

namespace Microsoft.ML.Conformer.Tests.Data.Checking;

/// <summary>What the check finds in images and classes, and what it does not.</summary>
[TestClass]
public sealed class ImageFindingTests
{
    private readonly PhotoFolder _folder = new();

    [TestCleanup]
    public void DeleteFolder() => _folder.Dispose();

    /// <summary>Of one file ML.NET, which decides in that table, is stricter: a progressive JPEG lacks its end and no pixels.</summary>
    public static IEnumerable<object[]> NastyFiles => NastyImages.Decisions.Select(
        file => new object[] { file.Key, file.Key == "bad_jpeg_truncated.jpg" ? ImageDecision.Used : file.Value });

    [TestMethod]
    public void InGoodPhotosNothingIsFound()
    {
        _folder.Fill("train/a", 25);
        _folder.Fill("train/b", 20);
        _folder.Fill("val/a", 1);
        _folder.Fill("val/b", 1);

        var report = _folder.Check(new ImageCheckOptions());

        Assert.AreEqual("", string.Join("; ", report.Findings.Select(finding => finding.Message)));
        Assert.IsFalse(report.HasErrors);
        Assert.AreEqual(47, report.ImageCount);
        CollectionAssert.AreEqual(
            (ImageClassCount[])[new("a", 25, 1, 0), new("b", 20, 1, 0)], report.Classes.ToArray());
        StringAssert.EndsWith(report.Summary, "nothing found");
    }

    [TestMethod]
    public void AFileThatCannotBeUsedIsAnErrorWithTheDecodersWords()
    {
        _folder.Fill("a", 1);
        _folder.Write("a/empty.jpg", []);
        _folder.Write("a/text.png", "no image"u8.ToArray());
        _folder.Write("a/cut.jpg", PhotoFolder.Jpeg(PhotoFolder.Photo(1))[..^200]);

        var report = _folder.Check();

        Assert.IsTrue(report.HasErrors);
        CollectionAssert.AreEqual(
            (string[])
            [
                "It is truncated: a part of its pixels is missing.", "It is empty.",
                "It is text, not a JPEG, PNG, WebP, GIF or BMP image.",
            ],
            report.Findings.Select(finding => finding.Message).ToArray());
        foreach (var finding in report.Findings)
        {
            Assert.AreEqual((ImageFindingKind.Unreadable, ImageFindingSeverity.Error), (finding.Kind, finding.Severity));
            Assert.AreEqual(("a", "training"), (finding.Files.Single().Class, finding.Files.Single().Part));
        }
    }

    [TestMethod]
    [DynamicData(nameof(NastyFiles))]
    public void ANastyFileIsFoundAsDecided(string name, ImageDecision decision)
    {
        _folder.Write($"a/{name}", File.ReadAllBytes(Path.Combine(SharedData.FolderOrInconclusive("nasty"), name)));
        if (Path.GetExtension(name) == ".avif") // a folder's are passed over
            File.WriteAllText(_folder.File("list.csv"), $"path,label\na/{name},a");

        var report = _folder.Check(path: Path.GetExtension(name) == ".avif" ? _folder.File("list.csv") : null);

        var fault = report.Findings.SingleOrDefault(finding => finding.Severity == ImageFindingSeverity.Error);
        Assert.AreEqual(decision, NastyImages.Told(fault?.Message));
        if (fault is not null)
            Assert.AreEqual(
                decision == ImageDecision.TooLarge ? ImageFindingKind.TooLarge : ImageFindingKind.Unreadable, fault.Kind);
    }

    [TestMethod]
    public void AnImageIsTooLargeAboveItsLimitAndTinyBelowIts()
    {
        _folder.Write("a/large.png", PhotoFolder.Png(PhotoFolder.Photo(1, 101, 100)));
        _folder.Write("a/just right.png", PhotoFolder.Png(PhotoFolder.Photo(2, 100, 100)));
        _folder.Write("a/small.png", PhotoFolder.Png(PhotoFolder.Photo(3, 32, 64)));
        _folder.Write("a/tiny.png", PhotoFolder.Png(PhotoFolder.Photo(4, 64, 31)));

        var report = _folder.Check(new ImageCheckOptions { MaxImagePixels = 10_000, MinImagesPerClass = 1 });

        CollectionAssert.AreEqual(
            (string[])["large.png", "tiny.png"],
            report.Findings.Select(finding => Path.GetFileName(finding.Files.Single().Path)).ToArray());
        StringAssert.StartsWith(report.Findings[0].Message, "It has 101x100 pixels; at most 10000 are read");
        Assert.AreEqual("It has 64x31 pixels.", report.Findings[1].Message);
    }

    [TestMethod]
    public void AnImageIsNearlyConstantUpToItsLevelsAndDeadPixelsDoNotSaveIt()
    {
        Write("16 levels", 16, 64);
        Write("17 levels", 17, 64);
        Write("dead pixels", 5, 64);
        Write("a line", 5, 64, line: true);

        CollectionAssert.AreEqual(
            (string[])["NearlyConstant: a/16 levels.png", "NearlyConstant: a/dead pixels.png"], _folder.Found());

        void Write(string name, int levels, int side, bool line = false)
        {
            var pixels = Enumerable.Range(0, side * side * 3).Select(i => (byte)(100 + i / 3 % levels)).ToArray();
            if (levels < 16)
                for (var i = 0; i < (line ? side : 10); i++)
                    pixels.AsSpan(3 * i, 3).Fill(255);
            _folder.Write($"a/{name}.png", ImageFileBytes.Encode(side, side, pixels, ".png"));
        }
    }

    [TestMethod]
    public void AGrayPngOf16BitsIsFoundWhereItUses8ButNotWhereItUses12()
    {
        _folder.Write("a/8 bits.png", PhotoFolder.Gray16(64, (x, y) => (ushort)(3 * x + y)));
        _folder.Write("a/12 bits.png", PhotoFolder.Gray16(64, (x, y) => (ushort)(17 * x + 40 * y)));
        _folder.Write("a/16 bits.png", PhotoFolder.Gray16(64, (x, y) => (ushort)(300 * (x * y % 64) + 37 * y)));

        var finding = _folder.Check().Findings.Single();

        Assert.AreEqual(ImageFindingKind.NearlyConstant, finding.Kind);
        Assert.AreEqual("8 bits.png", Path.GetFileName(finding.Files.Single().Path));
        StringAssert.Contains(finding.Message, "It has 16 bits a value");
    }

    [TestMethod]
    public void AnotherFormatThanTheExtensionSaysIsANote()
    {
        _folder.Write("a/1.JPG", PhotoFolder.Jpeg(PhotoFolder.Photo(1)));
        _folder.Write("a/2.jfif", PhotoFolder.Jpeg(PhotoFolder.Photo(2)));
        _folder.Write("a/3", PhotoFolder.Png(PhotoFolder.Photo(3)));
        _folder.Write("a/4.jpg", PhotoFolder.Png(PhotoFolder.Photo(4)));

        var report = _folder.Check();

        Assert.AreEqual("It is a PNG image and is named .jpg.", report.Findings.Single().Message);
        Assert.AreEqual(ImageFindingSeverity.Note, report.Findings.Single().Severity);
        Assert.IsFalse(report.HasErrors);
    }

    [TestMethod]
    public void ClassesAreCountedByTheImagesThatCanBeUsed()
    {
        _folder.Fill("train/a", 30);
        _folder.Fill("train/b", 3);
        _folder.Write("train/b/broken.png", []);
        _folder.Fill("val/a", 1);
        _folder.Fill("test/a", 1);
        _folder.Fill("test/b", 1);

        var report = _folder.Check(new ImageCheckOptions { MinImagesPerClass = 4, MaxImbalance = 9.9 });

        CollectionAssert.AreEqual(
            (string[])
            [
                "It is empty.",
                "The class 'b' has 3 images to train on; below 4 are few.",
                "The class 'b' has no images to validate with; how well it is recognized stays unknown.",
                "The class 'a' has 30 images to train on, and 'b' 3; above 9.9 times as many is imbalanced.",
            ], report.Findings.Select(finding => finding.Message).ToArray());
        Assert.AreEqual(new ImageClassCount("b", 4, 0, 1), report.Classes[1]);
    }

    [TestMethod]
    public void ManifestsAreCheckedAsFoldersAre()
    {
        _folder.Fill("photos", 2);
        File.WriteAllText(_folder.File("list.csv"), "path,label,split\nphotos/1.png,a,train\nphotos/1.png,a,val\nphotos/2.png,a,train\n");

        var finding = _folder.Check(path: _folder.File("list.csv")).Findings.Single();

        Assert.AreEqual(ImageFindingKind.DuplicatesAcrossParts, finding.Kind);
        CollectionAssert.AreEqual((string[])["training", "validation"], finding.Files.Select(file => file.Part).ToArray());
    }
}
