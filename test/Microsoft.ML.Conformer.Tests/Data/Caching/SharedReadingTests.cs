using Microsoft.ML.Conformer.Data.Caching;
using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Data.Reading;
using Microsoft.ML.Conformer.Tests.Data.Images;
using Microsoft.ML.Conformer.Tests.Data.Reading;
using Microsoft.ML.Conformer.Training.Checkpoints;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Conformer.Tests.Data.Caching;

/// <summary>Several ranks read a data view together, and each has what one alone has.</summary>
[TestClass]
public sealed class SharedReadingTests
{
    private readonly MLContext _context = new(seed: 1);
    private readonly TemporaryFolder _folder = new();

    private string Cache => _folder.File("cache");

    [TestCleanup]
    public void DeleteFolder() => _folder.Dispose();

    [TestMethod]
    [DataRow(1, true, true)]
    [DataRow(2, true, true)]
    [DataRow(3, true, true)]
    [DataRow(3, false, true)]
    [DataRow(2, true, false)]
    [DataRow(3, true, false)]
    public void EveryRankHasTheImagesThatOneAloneHas(int size, bool isTraining, bool areFiles)
    {
        var data = areFiles ? Files(Mixed()) : Contents(Mixed().Where(File.Exists));
        var options = Options(areFiles ? "Path" : "Image") with { BadImages = BadImagePolicy.Skip };
        var alone = Read(data, options, null, isTraining);
        Assert.AreEqual(areFiles ? (8, 4, 1, 2) : (8, 2, 0, 2), (alone.Labels.Length, alone.Bad.Length, alone.Unlabeled, alone.Dull));

        var ranks = ThreadGroup.Run(size, group => Read(data, options, group, isTraining));

        foreach (var (rank, error) in ranks)
        {
            Assert.IsNull(error, $"{error}");
            AssertSame(alone, rank!);
        }
        Assert.AreEqual(alone.Decoded, ranks.Sum(rank => rank.Result!.Decoded), "each image is decoded by one rank");
        AssertNothingIsLeft();
    }

    [TestMethod]
    public void RowsOfImagesInMemoryAreAskedForTheirImageByOneRankOnly()
    {
        var asked = new int[9];
        var rows = ImageRowsView.Good(9).Select((row, i) => row with
        {
            Image = last =>
            {
                Interlocked.Increment(ref asked[i]);
                return row.Image(last);
            },
        }).ToList();

        var ranks = ThreadGroup.Run(2, group => Read(new ImageRowsView(rows), Options("Image"), group));

        CollectionAssert.AreEqual(Enumerable.Repeat(1, 9).ToArray(), asked);
        AssertSame(Read(new ImageRowsView(rows), Options("Image"), null), ranks[0].Result!);
        AssertSame(ranks[0].Result!, ranks[1].Result!);
    }

    [TestMethod]
    public void MoreRanksThanImagesAreFine()
    {
        var data = Files([Save("one.png", 40, 30), Save("two.png", 50, 30)]);

        var ranks = ThreadGroup.Run(3, group => Read(data, Options(), group));

        foreach (var (rank, _) in ranks)
            AssertSame(Read(data, Options(), null), rank!);
    }

    [TestMethod]
    [DataRow(ImageCaching.Keep)]
    [DataRow(ImageCaching.Decode)]
    public void NoRowAtAllIsFine(ImageCaching caching)
    {
        var data = Files([]);

        var ranks = ThreadGroup.Run(2, group => Read(data, Options() with { Caching = caching }, group));

        foreach (var (rank, error) in ranks)
            Assert.AreEqual(0, rank?.Labels.Length, $"{error}");
    }

    [TestMethod]
    [DataRow(BadImagePolicy.Skip, 5)]
    [DataRow(BadImagePolicy.Throw, 0)]
    public void ImagesThatAreDecodedAnewAreOnlyCheckedAndSharedOutWhereBadOnesAreSkipped(BadImagePolicy policy, int decoded)
    {
        List<string> paths = [.. Enumerable.Range(0, 5).Select(i => Save($"{i}.jpg", 60 + i, 50))];
        if (policy == BadImagePolicy.Skip)
            paths.Insert(2, Damaged("damaged.jpg"));
        var data = Files(paths);
        var options = Options() with { BadImages = policy, Caching = ImageCaching.Decode };
        var alone = Read(data, options, null);

        var ranks = ThreadGroup.Run(2, group => Read(data, options, group));

        foreach (var (rank, error) in ranks)
        {
            Assert.IsNull(error, $"{error}");
            Assert.IsTrue(rank!.IsDecodedAnew);
            AssertSame(alone, rank);
        }
        Assert.AreEqual(decoded, ranks.Sum(rank => rank.Result!.Decoded));
        Assert.IsFalse(Directory.Exists(Cache), "There is nothing to keep.");
    }

    [TestMethod]
    public void AllRanksDecodeAnewWhereTheImagesAreTooManyForOneOfThem()
    {
        var data = Files(Enumerable.Range(0, 10).Select(i => Save($"{i}.png", 40, 30))); // 3,600 bytes each

        var fits = ThreadGroup.Run(2, group => Read(data, Auto(36_000), group));
        var fitsOne = ThreadGroup.Run(2, group => Read(data, Auto(36_000 - group.Rank), group));

        CollectionAssert.AreEqual(new[] { false, false }, fits.Select(rank => rank.Result!.IsDecodedAnew).ToArray());
        CollectionAssert.AreEqual(new[] { true, true }, fitsOne.Select(rank => rank.Result!.IsDecodedAnew).ToArray());

        ImageReadOptions Auto(long most) => Options() with { Caching = ImageCaching.Auto, MaxCacheBytes = most };
    }

    [TestMethod]
    public void ARankThatFindsABadImageThrowsAndTheOthersWaitNoLonger()
    {
        var data = Files([Save("good.png", 40, 30), Damaged("damaged.jpg"), Save("better.png", 40, 30)]);

        var ranks = ThreadGroup.Run(3, group => Read(data, Options(), group));

        var error = (InvalidDataException)ranks[1].Error!;
        StringAssert.Contains(error.Message, "damaged.jpg");
        Assert.AreEqual(Assert.ThrowsExactly<InvalidDataException>(() => Read(data, Options(), null)).Message, error.Message);
        Assert.IsInstanceOfType<OtherRankFailedException>(ranks[0].Error);
        Assert.IsInstanceOfType<OtherRankFailedException>(ranks[2].Error);
        AssertNothingIsLeft();
    }

    [TestMethod]
    public void ACanceledRankEndsTheOthersToo()
    {
        var rows = ImageRowsView.Good(20);
        using var stop = new CancellationTokenSource();
        rows[5] = new(1, _ => { stop.Cancel(); return FormulaImage.MLImage(20, 20); }, "5.jpg");

        var ranks = ThreadGroup.Run(
            2, group => Read(new ImageRowsView(rows), Options("Image"), group, cancellation: group.Rank == 1 ? stop.Token : default));

        Assert.IsInstanceOfType<OperationCanceledException>(ranks[1].Error);
        Assert.IsInstanceOfType<OtherRankFailedException>(ranks[0].Error);
        AssertNothingIsLeft();
    }

    [TestMethod]
    public void RanksWithAnotherNumberOfRowsAreToldBeforeAnythingIsDecoded()
    {
        var paths = Enumerable.Range(0, 5).Select(i => Save($"{i}.png", 40, 30)).ToList();
        var data = new[] { Files(paths), Files(paths), Files(paths[1..]) };

        foreach (var (_, error) in ThreadGroup.Run(3, group => Read(data[group.Rank], Options(), group)))
        {
            Assert.IsInstanceOfType<InvalidOperationException>(error);
            StringAssert.Contains(error.Message, "rank 0 has 5 rows, rank 1 has 5 rows, rank 2 has 4 rows.");
        }
        Assert.IsFalse(Directory.Exists(Cache));
    }

    [TestMethod]
    [DataRow(true, "labels or files of rank 1 differ")]
    [DataRow(false, "labels of rank 1 differ")]
    public void RanksWithTheSameRowsInAnotherOrderAreTold(bool areFiles, string expected)
    {
        var paths = Enumerable.Range(0, 4).Select(i => Save($"{i}.png", 40, 30)).ToList();
        var rows = ImageRowsView.Good(4);
        var data = new IDataView[]
        {
            areFiles ? Files(paths) : new ImageRowsView(rows),
            areFiles ? Files(Enumerable.Reverse(paths)) : new ImageRowsView([.. Enumerable.Reverse(rows)]),
        };

        foreach (var (_, error) in ThreadGroup.Run(
            2, group => Read(data[group.Rank], Options(areFiles ? "Path" : "Image"), group)))
        {
            Assert.IsInstanceOfType<InvalidOperationException>(error);
            StringAssert.Contains(error.Message, expected);
        }
    }

    [TestMethod]
    public void FilesHaveLostTheirNamesBeforeTheFirstImageSoThatAKilledProcessLeavesNone()
    {
        if (OperatingSystem.IsWindows())
            Assert.Inconclusive("An open file keeps its name here, and goes with its last handle.");

        var ranks = ThreadGroup.Run(2, group =>
        {
            using var files = new SharedFiles(group, Cache);
            group.Gather([], "word that both have them");
            var named = Directory.GetFileSystemEntries(Cache).Length;
            var stored = files.Append(FormulaImage.Rgb(20, 10, offset: group.Rank));
            group.Gather([], "word that both are written");
            var pixels = new byte[20 * 10 * 3];
            files[1 - group.Rank].Read(stored.Offset, pixels);
            group.Gather([], "word that both are read");
            return (named, pixels);
        });

        for (var rank = 0; rank < 2; rank++)
        {
            Assert.AreEqual(0, ranks[rank].Result.named, $"{ranks[rank].Error}");
            CollectionAssert.AreEqual(FormulaImage.Rgb(20, 10, offset: 1 - rank).Pixels, ranks[rank].Result.pixels);
        }
    }

    [TestMethod]
    public void WhatIsExchangedIsSmallAndInPieces()
    {
        // The rows' image is one in memory, so that many rows cost little.
        using var image = FormulaImage.MLImage(1, 1);
        var rows = Enumerable.Repeat(new ImageRowSource(1, _ => image), 70_000).ToList();
        using var group = ThreadGroup.Of(2);

        var ranks = group.Run(member =>
        {
            using var dataset = ImageDataset.ForTraining(
                new ImageRowsView(rows), Options("Image") with { Group = member, HashOf = ImageFingerprints.HashOf }, default);
            return dataset.Count;
        });

        Assert.AreEqual((70_000, 70_000), (ranks[0].Result, ranks[1].Result), $"{ranks[0].Error}");
        var pieces = group.Exchanges
            .Where(exchange => exchange.What == "what is known of images").Select(exchange => exchange.Bytes).ToList();
        Assert.AreEqual(2, pieces.Count);
        Assert.IsLessThanOrEqualTo(24 * 70_000 / 2, pieces.Sum());
    }

    private ImageReadOptions Options(string image = "Path") => new()
    {
        ImageColumnName = image,
        LabelColumnName = "Label",
        Preprocessor = new(16, new()),
        Caching = image == "Path" ? ImageCaching.Keep : ImageCaching.Auto,
        TempFolder = Cache,
    };

    private static Known Read(
        IDataView data, ImageReadOptions options, IReadingGroup? group, bool isTraining = true, CancellationToken cancellation = default)
    {
        var (bad, decoded, fingerprints) = (new List<BadImage>(), 0, new ImageFingerprints());
        options = options with
        {
            Group = group,
            OnBadImage = bad.Add,
            OnImageRead = fingerprints.Of("training").Add,
            HashOf = row =>
            {
                if (row.Image is not null)
                    Interlocked.Increment(ref decoded);
                return ImageFingerprints.HashOf(row);
            },
        };
        using var dataset = isTraining ? ImageDataset.ForTraining(data, options, cancellation)
            : ImageDataset.ForEvaluation(data, options, cancellation);
        return new Known(
            [.. dataset.Labels], [.. Enumerable.Range(0, dataset.Count).Select(dataset.NameOf)],
            [.. Enumerable.Range(0, dataset.Count).Select(i => Pixels(dataset, i))],
            [.. bad.Select(image => $"{image.Row} {image.Path} {image.Label} {image.Reason} {image.Describe()}")],
            dataset.UnlabeledCount, dataset.DullCount, dataset.DullName, fingerprints.All.Single().Value, decoded, dataset.IsDecodedAnew);
    }

    private static string Pixels(ImageDataset dataset, int index)
    {
        using var lease = dataset.Rent(index);
        return $"{lease.Image.Width}x{lease.Image.Height} " + Convert.ToHexString(lease.Image.Pixels, 0, lease.Image.ByteCount);
    }

    private static void AssertSame(Known expected, Known actual)
    {
        CollectionAssert.AreEqual(expected.Labels, actual.Labels);
        CollectionAssert.AreEqual(expected.Names, actual.Names);
        CollectionAssert.AreEqual(expected.Pixels, actual.Pixels);
        CollectionAssert.AreEqual(expected.Bad, actual.Bad);
        Assert.AreEqual(
            (expected.Unlabeled, expected.Dull, expected.DullName, expected.Fingerprint),
            (actual.Unlabeled, actual.Dull, actual.DullName, actual.Fingerprint));
    }

    private void AssertNothingIsLeft()
    {
        if (Directory.Exists(Cache))
            Assert.IsEmpty(Directory.GetFileSystemEntries(Cache));
    }

    /// <summary>Good, dull, damaged, missing and unlabeled images; names that no text file could have.</summary>
    private List<string> Mixed()
    {
        var dull = Enumerable.Range(0, 40 * 30 * 3).Select(i => (byte)(i % 16)).ToArray();
        var black = _folder.File("black \u202E\t'\u00E9.png");
        File.WriteAllBytes(black, ImageFileBytes.Encode(40, 30, dull, ".png"));
        return
        [
            Save("0.jpg", 200, 150), Damaged("damaged \u0007.jpg"), "", Save("1.png", 90, 120), black, Save("2.jpg", 33, 44),
            _folder.File("absent \uD800.jpg"), Unlabeled, black, Save("3.png", 300, 60), Save("4.webp", 50, 50),
            Damaged("other.jpg"), Save("5.png", 61, 47),
        ];
    }

    private const string Unlabeled = "unlabeled";

    private IDataView Files(IEnumerable<string> paths)
    {
        var rows = _context.Data.LoadFromEnumerable(paths.Select((path, i) => new Row
        {
            Path = path,
            Label = path == Unlabeled ? null : i % 2 == 0 ? "a" : "b",
        }).ToList());
        return _context.Transforms.Conversion.MapValueToKey("Label").Fit(rows).Transform(rows);
    }

    /// <summary>The same as files' contents; ML.NET's threads fail at an absent file before its row's turn comes.</summary>
    private IDataView Contents(IEnumerable<string> paths)
    {
        var files = Files(paths);
        return _context.Transforms.LoadRawImageBytes("Image", imageFolder: null, "Path").Fit(files).Transform(files);
    }

    private string Save(string name, int width, int height)
    {
        var image = FormulaImage.Rgb(width, height, width);
        File.WriteAllBytes(_folder.File(name), ImageFileBytes.Encode(width, height, image.Pixels, Path.GetExtension(name)));
        return _folder.File(name);
    }

    private string Damaged(string name)
    {
        var path = Save(name, 80, 60);
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^200]);
        return path;
    }

    private sealed record Known(
        long[] Labels, string[] Names, string[] Pixels, string[] Bad, int Unlabeled, int Dull, string? DullName, string Fingerprint,
        int Decoded, bool IsDecodedAnew);

    private sealed class Row
    {
        public string Path { get; set; } = "";

        public string? Label { get; set; }
    }
}
