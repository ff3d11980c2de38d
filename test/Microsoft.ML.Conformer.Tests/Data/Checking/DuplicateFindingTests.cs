using Microsoft.ML.Conformer.Data.Checking.Likeness;
using Microsoft.ML.Conformer.Data.Decoding;
using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Data.Reading;
using Microsoft.ML.Conformer.Tests.Data.Images;

namespace Microsoft.ML.Conformer.Tests.Data.Checking;

/// <summary>Duplicates and near duplicates: what they are, how serious, and that different photos are none.</summary>
[TestClass]
public sealed class DuplicateFindingTests
{
    private static readonly ImageCheckOptions _exactOnly = new() { MinImagesPerClass = 1, NearDuplicateDistance = null };

    private readonly PhotoFolder _folder = new();

    [TestCleanup]
    public void DeleteFolder() => _folder.Dispose();

    [TestMethod]
    [DataRow("train/a/copy.png", ImageFindingKind.Duplicates, ImageFindingSeverity.Warning)]
    [DataRow("train/b/copy.png", ImageFindingKind.DuplicatesAcrossClasses, ImageFindingSeverity.Error)]
    [DataRow("val/a/copy.png", ImageFindingKind.DuplicatesAcrossParts, ImageFindingSeverity.Error)]
    [DataRow("val/b/copy.png", ImageFindingKind.DuplicatesAcrossParts, ImageFindingSeverity.Error)]
    public void TheSameBytesAreFoundOnceWhereverTheyAre(string copy, ImageFindingKind kind, ImageFindingSeverity severity) =>
        AssertFound(copy, PhotoFolder.Png(PhotoFolder.Photo(1)), kind, severity);

    [TestMethod]
    [DataRow("train/a/copy.jpg", ImageFindingKind.NearDuplicates, ImageFindingSeverity.Note)]
    [DataRow("train/b/copy.jpg", ImageFindingKind.NearDuplicatesAcrossClasses, ImageFindingSeverity.Warning)]
    [DataRow("val/a/copy.jpg", ImageFindingKind.NearDuplicatesAcrossParts, ImageFindingSeverity.Error)]
    public void ALargerCopyAsJpegIsANearDuplicate(string copy, ImageFindingKind kind, ImageFindingSeverity severity) =>
        AssertFound(copy, PhotoFolder.Jpeg(PhotoFolder.Photo(1, 400, 300)), kind, severity);

    [TestMethod]
    public void APhotoOfATurnedCameraIsANearDuplicateOfTheUprightOne()
    {
        var photo = PhotoFolder.Photo(1);
        AssertFound(
            "train/a/copy.png", OrientedImage.Png(photo.Width, photo.Height, photo.Pixels, orientation: 6),
            ImageFindingKind.NearDuplicates, ImageFindingSeverity.Note);
    }

    [TestMethod]
    public void OfNearDuplicatesAllCopiesAreNamedAndWithoutADistanceNone()
    {
        _folder.Write("a/1.png", PhotoFolder.Png(PhotoFolder.Photo(1)));
        _folder.Write("a/2.png", PhotoFolder.Png(PhotoFolder.Photo(1)));
        _folder.Write("a/3.jpg", PhotoFolder.Jpeg(PhotoFolder.Photo(1)));

        CollectionAssert.AreEqual((string[])["Duplicates: a/1.png, a/2.png", "NearDuplicates: a/1.png, a/2.png, a/3.jpg"], _folder.Found());
        CollectionAssert.AreEqual((string[])["Duplicates: a/1.png, a/2.png"], _folder.Found(_exactOnly));
    }

    [TestMethod]
    public void ImagesOfOneColorAreNoNearDuplicatesOfEachOther()
    {
        foreach (var gray in (byte[])[0, 100, 255])
            _folder.Write($"a/{gray}.png", ImageFileBytes.Encode(40, 40, Enumerable.Repeat(gray, 4800).ToArray(), ".png"));

        CollectionAssert.AreEqual(
            (string[])["NearlyConstant: a/0.png", "NearlyConstant: a/100.png", "NearlyConstant: a/255.png"], _folder.Found());
    }

    /// <summary>Of 499,500 pairs of these photos one is within 8 bits: a sunflower and an edited copy.</summary>
    [TestMethod]
    public void AmongFlowerPhotosNoneAreTakenForOneAnotherThatAreNot()
    {
        var report = new MLContext().Data.CheckImageFolder(SharedData.FolderOrInconclusive("flowers") + "/val",
            new ImageCheckOptions { NearDuplicateDistance = 8 });

        Assert.AreEqual(200, report.ImageCount);
        var finding = report.Findings.Single();
        Assert.AreEqual(ImageFindingKind.NearDuplicates, finding.Kind);
        CollectionAssert.AreEqual(
            (string[])["14741866338_bdc8bfc8d5_n.jpg", "14925398441_107f3e0304_n.jpg"],
            finding.Files.Select(file => Path.GetFileName(file.Path)).ToArray());
    }

    [TestMethod]
    public void FlowerPhotosThatWereShrunkAndCompressedAnewAreFound()
    {
        var files = Directory.GetFiles(Path.Combine(SharedData.FolderOrInconclusive("flowers"), "val", "daisy")).Order().ToArray();
        var found = files.Count(file =>
        {
            var photo = new RowImage(null, null, file).Decode(new ImageDecoding());
            var copy = PhotoFolder.Jpeg(
                Resampler.Resize(photo, photo.Width / 2, photo.Height / 2, ResamplingKernel.Bicubic));
            var again = new RowImage(null, copy, null).Decode(new ImageDecoding(), leastSide: 64);
            return Distance(PerceptualHash.Of(photo), PerceptualHash.Of(again)) <= ImageCheckOptions.DefaultNearDuplicateDistance;
        });
        Assert.IsTrue(found >= 0.95 * files.Length, $"{found} of {files.Length}");
    }

    [TestMethod]
    public void TheHashIsThatOfADiscreteCosineTransform()
    {
        for (var seed = 0; seed < 5; seed++)
        {
            var image = PhotoFolder.Photo(seed);
            var small = Resampler.Resize(image, 32, 32, ResamplingKernel.Bilinear).Pixels;
            var spectrum = new double[64];
            for (var i = 0; i < 64; i++)
                for (var at = 0; at < 1024; at++)
                    spectrum[i] += (0.299 * small[3 * at] + 0.587 * small[3 * at + 1] + 0.114 * small[3 * at + 2]) *
                        Math.Cos(Math.PI * (i % 8) * (at % 32 + 0.5) / 32) * Math.Cos(Math.PI * (i / 8) * (at / 32 + 0.5) / 32);
            var sorted = spectrum.Order().ToArray();
            var bits = string.Concat(spectrum.Select(value => value > (sorted[31] + sorted[32]) / 2 ? '1' : '0'));
            Assert.AreEqual(bits, PerceptualHash.Of(image).ToString("b64"), $"seed {seed}");
        }
    }

    [TestMethod]
    public void GroupsOfNearHashesAreThoseThatComparingAllPairsGives()
    {
        var random = new Random(1);
        var hashes = Enumerable.Range(0, 60).Select(_ => (ulong)random.NextInt64()).ToList();
        for (var i = 0; i < 240; i++) // neighbors of what there is, and so chains of them
            hashes.Add(Enumerable.Range(0, random.Next(1, 12)).Aggregate(
                hashes[random.Next(hashes.Count)], (hash, _) => hash ^ 1UL << random.Next(64)));
        ulong[] all = [.. hashes.Distinct()];

        for (var distance = 0; distance <= 10; distance++)
            CollectionAssert.AreEqual(Compared(all, distance), NearHashes.Group(all, distance, default), $"distance {distance}");
    }

    private void AssertFound(string copy, byte[] content, ImageFindingKind kind, ImageFindingSeverity severity)
    {
        foreach (var folder in (string[])["train/a", "train/b", "val/a", "val/b"])
            _folder.Fill(folder, 2);
        _folder.Write("train/a/photo.png", PhotoFolder.Png(PhotoFolder.Photo(1)));
        _folder.Write(copy, content);

        var finding = _folder.Check().Findings.Single();

        Assert.AreEqual((kind, severity), (finding.Kind, finding.Severity));
        CollectionAssert.AreEquivalent(
            (string[])[_folder.File("train/a/photo.png"), _folder.File(copy)], finding.Files.Select(file => file.Path).ToArray());
    }

    private static int Distance(ulong one, ulong other) => (int)ulong.PopCount(one ^ other);

    /// <summary>Each hash's group by its first one, found by flooding.</summary>
    private static int[] Compared(ulong[] hashes, int distance)
    {
        var first = Enumerable.Repeat(-1, hashes.Length).ToArray();
        for (var i = 0; i < hashes.Length; i++)
            if (first[i] < 0)
                Flood(i, i);
        return first;

        void Flood(int at, int from)
        {
            first[at] = from;
            for (var j = 0; j < hashes.Length; j++)
                if (first[j] < 0 && Distance(hashes[at], hashes[j]) <= distance)
                    Flood(j, from);
        }
    }
}
