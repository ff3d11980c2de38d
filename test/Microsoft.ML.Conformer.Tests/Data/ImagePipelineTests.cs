using Microsoft.ML.Conformer.Data;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Tests.Data;

/// <summary>Reading through ML.NET's own image loading, where files are missing, broken or hostile.</summary>
[TestClass]
public sealed class ImagePipelineTests
{
    private static readonly ImageReadOptions _skip = new()
    {
        ImageColumnName = "Image",
        LabelColumnName = "Label",
        ImageSize = 32,
        BadImages = BadImagePolicy.Skip,
    };

    private readonly MLContext _context = new(seed: 1);
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"image-pipeline-{Guid.NewGuid():N}");

    [TestInitialize]
    public void MakeFolder() => Directory.CreateDirectory(_folder);

    [TestCleanup]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void EveryNastyFileIsUsedOrReportedAndTheRowsAroundItKeepTheirPixels(bool resize)
    {
        var nasty = SharedData.FolderOrInconclusive("nasty");
        var (before, after) = (SavePhoto("before.png", 1), SavePhoto("after.png", 2));
        var expected = (Read([before], resize), Read([after], resize));
        var used = new List<string>();
        foreach (var file in Directory.GetFiles(nasty).Where(file => Path.GetExtension(file) is not (".tsv" or ".txt")))
        {
            var reported = new List<BadImage>();
            using var dataset = Read([before, file, after], resize, reported.Add);

            if (reported.Count == 0)
                used.Add(Path.GetFileName(file));
            Assert.AreEqual(3 - reported.Count, dataset.Count, file);
            Assert.IsTrue(reported.All(bad => bad.Path == file && bad.Row == 1), $"{file}: {reported.FirstOrDefault()}");
            AssertSame(expected.Item1, 0, dataset, 0);
            AssertSame(expected.Item2, 0, dataset, dataset.Count - 1);
        }

        Assert.IsTrue(used.Count > 20, string.Join(", ", used));
        CollectionAssert.IsSubsetOf(
            new[] { "jpeg_progressive_cat.jpg", "png_rgba_transparent.png", "UPPER CASE name with spaces é写真.JPG" }, used);
        Assert.IsFalse(used.Any(file => file is "bad_zero_byte.jpg" or "bad_text_renamed.jpg" or "bad_png_broken.png"));
        expected.Item1.Dispose();
        expected.Item2.Dispose();
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void EmptyPathsAndMissingFilesGiveNoImage(bool resize)
    {
        var (first, last) = (SavePhoto("first.png", 3), SavePhoto("last.png", 4));
        var missing = Path.Combine(_folder, "missing.png");
        var reported = new List<BadImage>();

        using var dataset = Read([first, "", first, missing, "", last], resize, reported.Add);

        CollectionAssert.AreEqual(new long[] { 1, 3, 4 }, reported.Select(bad => bad.Row).ToArray());
        Assert.AreEqual(missing, reported[1].Path);
        using var alone = Read([last], resize);
        AssertSame(alone, 0, dataset, 2);
    }

    [TestMethod]
    public void TheFolderOfAClassIsItsLabel()
    {
        foreach (var name in (string[])["b/1.png", "a/2.png", "c/3.png"])
            SavePhoto(name, name[0]);

        var data = ImageFolder.Load(_context.Data, _folder);
        var labels = data.GetColumn<string>("Label").ToArray();
        var paths = data.GetColumn<string>("ImagePath").ToArray();

        CollectionAssert.AreEqual(new[] { "a", "b", "c" }, labels);
        Assert.AreEqual(Path.Combine(_folder, "a", "2.png"), paths[0]);
    }

    private ImageDataset Read(string[] paths, bool resize, Action<BadImage>? onBadImage = null)
    {
        var files = paths.Select(path => new ImageFile { ImagePath = path, Label = "any" });
        var loading = _context.Transforms.Conversion.MapValueToKey("Label")
            .Append(_context.Transforms.LoadImages("Image", null, "ImagePath"));
        var data = _context.Data.LoadFromEnumerable(files);
        var view = resize
            ? loading.Append(_context.Transforms.ResizeImages("Image", 48, 48)).Fit(data).Transform(data)
            : loading.Fit(data).Transform(data);
        return ImageDataset.ForTraining(view, _skip with { OnBadImage = onBadImage }, default);
    }

    private string SavePhoto(string name, int offset)
    {
        var path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var image = FormulaImage.MLImage(48, 48, offset);
        image.Save(path);
        return path;
    }

    private static void AssertSame(ImageDataset expected, int expectedIndex, ImageDataset actual, int index)
    {
        using var left = expected.Rent(expectedIndex);
        using var right = actual.Rent(index);
        CollectionAssert.AreEqual(left.Image.Pixels, right.Image.Pixels);
    }
}
