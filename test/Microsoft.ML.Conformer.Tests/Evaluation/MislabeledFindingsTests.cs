using System.Text.Json;
using Microsoft.ML.Conformer.Tests.Data.Checking;
using Microsoft.ML.Conformer.Tests.Scoring;

namespace Microsoft.ML.Conformer.Tests.Evaluation;

/// <summary>CheckImageFolder with a model that tells colors apart.</summary>
[TestClass]
public sealed class MislabeledFindingsTests
{
    private static readonly MLContext _context = new(seed: 1);
    private static ImageClassifierTransformer _model = null!;

    private readonly PhotoFolder _folder = new();

    [ClassInitialize]
    public static void OpenModel(TestContext _) => _model = ColorModel.Open();

    [ClassCleanup]
    public static void Dispose() => _model.Dispose();

    [TestCleanup]
    public void DeleteFolder() => _folder.Dispose();

    [TestMethod]
    public void SwappedLabelsAreFoundInTheReportAndTrainingImagesAreLeftAside()
    {
        Fill("train", swapped: "blue");
        var swapped = Fill("val", swapped: "green");
        File.WriteAllText(_folder.File("val/red/broken.png"), "no image, but as long as one");

        var report = Check();
        report.SaveJson(_folder.File("check.json"));
        report.SaveHtml(_folder.File("check.html"));

        var found = Mislabeled(report).Single();
        Assert.AreEqual(new CheckedImage(swapped, "green", "validation"), found.Files.Single());
        Assert.AreEqual(ImageFindingSeverity.Warning, found.Severity);
        StringAssert.StartsWith(found.Message, "Labeled 'green' (0.");
        StringAssert.Contains(found.Message, "'red' is likelier (0.");
        Assert.AreEqual(
            _folder.File("val/red/broken.png"),
            report.Findings.Single(one => one.Kind == ImageFindingKind.Unreadable).Files.Single().Path);
        StringAssert.Contains(report.Summary, "likely of another class");
        using var json = JsonDocument.Parse(File.ReadAllText(_folder.File("check.json")));
        var written = json.RootElement.GetProperty("findings").EnumerateArray()
            .Single(one => one.GetProperty("kind").GetString() == "likelyMislabeled");
        Assert.AreEqual(swapped, written.GetProperty("files")[0].GetProperty("path").GetString());
        var page = File.ReadAllText(_folder.File("check.html"));
        StringAssert.Contains(page, "<h2 id=\"LikelyMislabeled\">");
        StringAssert.Contains(page, found.Message.Replace("'", "&#39;", StringComparison.Ordinal));
        Assert.IsFalse(_context.Data.CheckImageFolder(_folder.Path).Findings.Any(one => one.Kind == ImageFindingKind.LikelyMislabeled));
    }

    [TestMethod]
    public void WithoutPartsAllImagesAreAsked()
    {
        string[] swapped = [Fill(".", swapped: "green"), Fill(".", swapped: "blue")];

        var found = Mislabeled(Check());

        CollectionAssert.AreEquivalent(swapped, found.Select(one => Path.GetFullPath(one.Files.Single().Path)).ToArray());
        Assert.IsTrue(found.All(one => one.Files.Single().Part == "training"));
    }

    [TestMethod]
    public void AnImageThatAManifestListsAsOfTwoClassesIsOfTheOneAndNotOfTheOther()
    {
        Fill("photos");
        var photos = Photo.Classes.SelectMany(name => Directory.GetFiles(_folder.File($"photos/{name}")).Order()
            .Select(path => $"{Path.GetRelativePath(_folder.Path, path)},{name}")).ToList();
        var twice = photos[0].Split(',')[0];
        File.WriteAllLines(_folder.File("list.csv"), ["path,label", .. photos, $"{twice},red", $"{twice},red"]);

        var found = Mislabeled(_context.Data.CheckImageFolder(_folder.File("list.csv"), _model, new ImageCheckOptions()));

        Assert.AreEqual(
            new CheckedImage(_folder.File(twice.Replace('\\', '/')), "red", "training"), found.Single().Files.Single());
    }

    [TestMethod]
    public void AClassThatTheModelLacksIsAnErrorBeforeAnyImageIsLookedAt()
    {
        Fill("photos");
        Directory.Move(_folder.File("photos/red"), _folder.File("photos/vio\u200Blet"));
        var progress = new Counter();

        var error = Assert.ThrowsExactly<InvalidDataException>(() => _context.Data.CheckImageFolder(
            _folder.File("photos"), _model, new ImageCheckOptions { Progress = progress }));

        StringAssert.Contains(error.Message, _folder.File("photos"));
        StringAssert.Contains(error.Message, @"has classes that the model lacks: vio\u200Blet.");
        StringAssert.Contains(error.Message, "The model's classes are blue, green, red.");
        Assert.AreEqual(0, progress.Reports);
    }

    [TestMethod]
    public void WhereNoImageCanBeUsedNoneIsMislabeled()
    {
        foreach (var name in Photo.Classes)
            _folder.Write($"{name}/broken.png", "no image, but as long as one"u8.ToArray());

        var report = Check();

        Assert.AreEqual(3, report.Findings.Count(one => one.Kind == ImageFindingKind.Unreadable));
        Assert.IsEmpty(Mislabeled(report));
    }

    [TestMethod]
    public void ADisposedModelIsOfNoUse()
    {
        Fill("photos");
        var model = ScoringModel.Create(Photo.View(_context, []));
        model.Dispose();

        Assert.ThrowsExactly<ObjectDisposedException>(() => _context.Data.CheckImageFolder(_folder.File("photos"), model));
    }

    /// <summary>Eight photos of each color.</summary>
    private void Fill(string folder) => ColorModel.WritePhotos(_folder, folder);

    /// <summary>And a red photo among those of another class.</summary>
    private string Fill(string folder, string swapped)
    {
        Fill(folder);
        return ColorModel.WriteOdd(_folder, folder, "red", swapped);
    }

    private ImageFolderReport Check() =>
        _context.Data.CheckImageFolder(_folder.Path, _model, new ImageCheckOptions { MinImagesPerClass = 1 });

    private static List<ImageFinding> Mislabeled(ImageFolderReport report) =>
        [.. report.Findings.Where(finding => finding.Kind == ImageFindingKind.LikelyMislabeled)];

    private sealed class Counter : IProgress<ImageReadingProgress>
    {
        public int Reports { get; private set; }

        public void Report(ImageReadingProgress value) => Reports++;
    }
}
