using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.ML.Conformer.Data.Checking;
using Microsoft.ML.Conformer.Data.Folders;
using SkiaSharp;

namespace Microsoft.ML.Conformer.Tests.Data.Checking;

/// <summary>The report as text, JSON and a page, whatever files and classes are called; and how the check goes.</summary>
[TestClass]
public sealed partial class ImageFolderReportTests
{
    private const string Hostile = "\e[31mred\e]0;title\a\u202Egpj.\u009B1m\r\n<script>alert('x')</script>&\"";

    private readonly PhotoFolder _folder = new();

    [TestCleanup]
    public void DeleteFolder() => _folder.Dispose();

    [TestMethod]
    public void TheReportIsTheSameWhateverTheNumberOfThreads()
    {
        MakeAllKinds();

        var reports = ((int[])[1, 2, 7]).Select(threads =>
        {
            var report = _folder.Check(new ImageCheckOptions { Threads = threads });
            using var output = new TemporaryFolder();
            report.SaveJson(output.File("report.json"));
            report.SaveHtml(output.File("report.html"));
            return report.Summary + File.ReadAllText(output.File("report.json")) + File.ReadAllText(output.File("report.html"));
        }).ToList();

        Assert.AreEqual(reports[0], reports[1]);
        Assert.AreEqual(reports[0], reports[2]);
    }

    [TestMethod]
    public void EveryKindHasItsLineItsSectionAndItsPlaceInTheOrder()
    {
        MakeAllKinds();

        // A model's doubts come by a way of their own: here of one image.
        var report = ImageFolderCheck.Run(
            ImageFolder.Read(_folder.Path, new ImageFolderOptions()), new ImageCheckOptions { MaxImagePixels = 200_000 },
            images => [new ImageFinding(ImageFindingKind.LikelyMislabeled, [images[0]], "Labeled 'a'.")]);
        report.SaveHtml(_folder.File("report.html"));
        var page = File.ReadAllText(_folder.File("report.html"));

        var kinds = Enum.GetValues<ImageFindingKind>();
        CollectionAssert.AreEqual(kinds, report.Findings.Select(finding => finding.Kind).Distinct().ToArray());
        Assert.AreEqual(report.Summary, report.ToString());
        var lines = report.Summary.Split(Environment.NewLine);
        Assert.AreEqual(
            kinds.Length, lines.Count(line => line.Split(' ')[0] is "error" or "warning" or "note"));
        foreach (var kind in kinds)
            StringAssert.Contains(page, $"<h2 id=\"{kind}\">");
    }

    [TestMethod]
    public void JsonHasAllFindingsAndThePathsAsTheyAre()
    {
        _folder.Fill("a", 1);
        var copy = _folder.Write(
            OperatingSystem.IsWindows() ? "a/copy.png" : "a/\e[31m<b>.png", File.ReadAllBytes(_folder.File("a/1.png")));
        _folder.Check().SaveJson(_folder.File("report.json"));

        using var json = JsonDocument.Parse(File.ReadAllBytes(_folder.File("report.json")));

        Assert.AreEqual(2, json.RootElement.GetProperty("imageCount").GetInt32());
        Assert.AreEqual(2, json.RootElement.GetProperty("classes")[0].GetProperty("training").GetInt32());
        var finding = json.RootElement.GetProperty("findings")[0];
        Assert.AreEqual("duplicates", finding.GetProperty("kind").GetString());
        Assert.AreEqual("warning", finding.GetProperty("severity").GetString());
        CollectionAssert.Contains(
            finding.GetProperty("files").EnumerateArray().Select(file => file.GetProperty("path").GetString()).ToArray(), copy);
    }

    [TestMethod]
    public void HostileNamesOfClassesAndFilesAreShownAndNotObeyed()
    {
        _folder.Fill("photos", 1);
        File.WriteAllText(_folder.File("list.jsonl"), string.Join('\n', ((string[])[Hostile, new('w', 50_000)]).Select(
            label => JsonSerializer.Serialize(new { path = "photos/1.png", label }))));
        if (!OperatingSystem.IsWindows())
            File.AppendAllText(_folder.File("list.jsonl"), "\n" + JsonSerializer.Serialize(new
            {
                path = Path.GetRelativePath(_folder.Path, _folder.Write($"photos/{Hostile.Replace('/', '-')}.png", [])),
                label = Hostile,
            }));

        var report = _folder.Check(path: _folder.File("list.jsonl"));
        report.SaveHtml(_folder.File("report.html"));
        var page = File.ReadAllText(_folder.File("report.html"));

        foreach (var text in (string[])[.. report.Findings.Select(finding => finding.Message), report.Summary, page])
        {
            Assert.IsFalse(text.ReplaceLineEndings("").Any(c => char.IsControl(c) || c == '\u202E'), text);
            Assert.IsTrue(text.Length < 20_000, $"{text.Length}");
        }
        StringAssert.Contains(report.Summary, @"\u001B[31mred\u001B]0;title\u0007\u202Egpj.\u009B1m\u000D\u000A<script>");
        Assert.IsFalse(page.Contains("<script", StringComparison.Ordinal));
        StringAssert.Contains(page, @"\u001B[31mred\u001B]0;title\u0007\u202Egpj.\u009B1m\u000D\u000A&lt;script&gt;alert(&#39;x&#39;)");
    }

    [TestMethod]
    public void ThePageHasAThumbnailOfEachImageThatCanBeShownAndLoadsNothing()
    {
        _folder.Write("a/1.png", PhotoFolder.Png(PhotoFolder.Photo(1, 300, 200)));
        _folder.Write("a/2.jpg", PhotoFolder.Jpeg(PhotoFolder.Photo(1, 300, 200)));
        _folder.Write("a/text.png", "no image"u8.ToArray());
        _folder.Check().SaveHtml(_folder.File("report.html"));
        var page = File.ReadAllText(_folder.File("report.html"));

        var thumbnails = DataUri().Matches(page).Select(match => Convert.FromBase64String(match.Groups[1].Value)).ToList();

        Assert.HasCount(2, thumbnails);
        foreach (var thumbnail in thumbnails)
        {
            using var image = SKBitmap.Decode(thumbnail);
            Assert.AreEqual(112, image.Width);
            Assert.AreEqual(75, image.Height, delta: 1); // a JPEG is decoded at an eighth of its size, rounded up
        }
        Assert.AreEqual(1, Count("no preview"));
        Assert.AreEqual(2, Count("src="), "of the thumbnails alone");
        Assert.AreEqual(Count("href="), Count("href=\"#"));

        int Count(string part) => page.Split(part).Length - 1;
    }

    [TestMethod]
    public void OfManyFindingsThePageShowsTheFirstOnesAndCountsTheOthers()
    {
        for (var i = 0; i < 70; i++)
            _folder.Write($"a/{i}.png", PhotoFolder.Png(PhotoFolder.Photo(i, 20, 20)));
        for (var i = 0; i < 20; i++)
            _folder.Write($"a/copy {i}.png", PhotoFolder.Png(PhotoFolder.Photo(1000)));
        var report = _folder.Check();
        report.SaveHtml(_folder.File("report.html"));
        var page = File.ReadAllText(_folder.File("report.html"));

        StringAssert.Contains(page, "and 10 more findings; the JSON report has all");
        StringAssert.Contains(page, "and 8 more files");
        StringAssert.Contains(report.Summary, "- and 67 more");
    }

    [TestMethod]
    public void AFileIsReplacedOnlyByACompleteOneAndAnAbsentFolderIsNamed()
    {
        _folder.Fill("a", 1);
        var report = _folder.Check();
        File.WriteAllText(_folder.File("report.html"), "older");

        report.SaveHtml(_folder.File("report.html"));

        Assert.IsEmpty(Directory.GetFiles(_folder.Path, "*.partial"));
        StringAssert.EndsWith(File.ReadAllText(_folder.File("report.html")).TrimEnd(), "</html>");
        foreach (var save in (Action<string>[])[report.SaveHtml, report.SaveJson])
            StringAssert.Contains(
                Assert.ThrowsExactly<DirectoryNotFoundException>(() => save(_folder.File("absent/report"))).Message,
                _folder.File("absent"));
    }

    [TestMethod]
    public void ProgressRisesToTheLastImageAndTheCheckCanBeCanceled()
    {
        _folder.Fill("a", 70);
        var (told, cancellation) = (new List<ImageReadingProgress>(), new CancellationTokenSource());
        _folder.Check(new ImageCheckOptions { Progress = new Teller(told.Add) });

        CollectionAssert.AreEqual(
            (ImageReadingProgress[])[new("listed", 32, 70), new("listed", 64, 70), new("listed", 70, 70)], told);
        using (cancellation)
            Assert.ThrowsExactly<OperationCanceledException>(() => _folder.Check(new ImageCheckOptions
            {
                Progress = new Teller(_ => cancellation.Cancel()),
                CancellationToken = cancellation.Token,
            }));
    }

    [TestMethod]
    public void WrongOptionsAreReportedAllAtOnceAndAWrongFolderAsItIsForTraining()
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => _folder.Check(new ImageCheckOptions
        {
            MinSide = 0,
            MaxImagePixels = 0,
            ConstantLevels = 257,
            NearDuplicateDistance = 11,
            MinImagesPerClass = 0,
            MaxImbalance = double.NaN,
            Threads = 0,
            Background = (ImageBackground)9,
        })).Message;

        string[] any =
            [nameof(ImageCheckOptions.IncludeSubfolders), nameof(ImageCheckOptions.Progress), nameof(ImageCheckOptions.CancellationToken)];
        foreach (var option in typeof(ImageCheckOptions).GetProperties().Select(property => property.Name).Except(any))
            StringAssert.Contains(error, $"{option} is ");
        Assert.ThrowsExactly<InvalidDataException>(() => _folder.Check());
        Assert.ThrowsExactly<DirectoryNotFoundException>(() => _folder.Check(path: _folder.File("absent")));
    }

    private void MakeAllKinds()
    {
        _folder.Fill("train/a", 31);
        _folder.Fill("train/b", 2);
        _folder.Fill("val/a", 2);
        _folder.Fill("val/b", 1);
        _folder.Write("train/a/broken.jpg", [1]);
        _folder.Write("train/a/large.png", PhotoFolder.Png(PhotoFolder.Photo(1, 500, 401)));
        _folder.Write("train/a/tiny.png", PhotoFolder.Png(PhotoFolder.Photo(2, 31, 31)));
        _folder.Write("train/a/black.png", PhotoFolder.Gray16(40, (x, y) => (ushort)(x + y)));
        _folder.Write("train/a/png.jpg", PhotoFolder.Png(PhotoFolder.Photo(3)));
        Copies(4, "train/a", "train/a");
        Copies(5, "train/a", "train/b");
        Copies(6, "train/a", "val/a");

        void Copies(int seed, string one, string other)
        {
            _folder.Write($"{one}/{seed}x.png", PhotoFolder.Png(PhotoFolder.Photo(seed)));
            _folder.Write($"{other}/{seed}y.png", PhotoFolder.Png(PhotoFolder.Photo(seed)));
            _folder.Write($"{one}/{seed}z.png", PhotoFolder.Png(PhotoFolder.Photo(seed + 10)));
            _folder.Write($"{other}/{seed}zz.png", PhotoFolder.Png(PhotoFolder.Photo(seed + 10, 150, 112)));
        }
    }

    private sealed class Teller(Action<ImageReadingProgress> tell) : IProgress<ImageReadingProgress>
    {
        public void Report(ImageReadingProgress value) => tell(value);
    }

    [GeneratedRegex("data:image/jpeg;base64,([^\"]+)\"")]
    private static partial Regex DataUri();
}
