using Microsoft.ML.Conformer.Data.Caching;
using Microsoft.ML.Conformer.Data.Folders;
using Microsoft.ML.Conformer.Data.Reading;
using Microsoft.ML.Conformer.Tests.Data.Images;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Conformer.Tests.Data.Reading;

/// <summary>Reading through ML.NET's own image loading, where files are missing, broken or hostile.</summary>
[TestClass]
public sealed class ImagePipelineTests
{
    private static readonly ImageReadOptions _skip = new()
    {
        ImageColumnName = "Image",
        LabelColumnName = "Label",
        Preprocessor = new(32, new()),
        BadImages = BadImagePolicy.Skip,
    };

    private readonly MLContext _context = new(seed: 1);
    private readonly TemporaryFolder _folder = new();

    [TestCleanup]
    public void DeleteFolder() => _folder.Dispose();

    public static IEnumerable<object[]> NastyFiles =>
        NastyImages.Decisions.SelectMany(file => (object[][])[[file.Key, file.Value, false], [file.Key, file.Value, true]]);

    public static IEnumerable<object[]> Formats => ImageFileBytes.Extensions.Select(extension => new object[] { extension });

    public static IEnumerable<object[]> ResizedFormats =>
        ImageFileBytes.Extensions.SelectMany(extension => (object[][])[[extension, false], [extension, true]]);

    [TestMethod]
    [DynamicData(nameof(NastyFiles))]
    public void ANastyFileIsUsedOrRefusedAsDecidedAndTheRowsAroundItKeepTheirPixels(string name, ImageDecision decision, bool resize)
    {
        var file = Path.Combine(SharedData.FolderOrInconclusive("nasty"), name);
        var (before, after) = (SavePhoto("before.png", 1), SavePhoto("after.png", 2));
        var reported = new List<BadImage>();

        using var dataset = Read([before, file, after], resize, reported.Add);

        Assert.AreEqual(decision, NastyImages.Told(reported.SingleOrDefault()?.Describe()));
        Assert.AreEqual(3 - reported.Count, dataset.Count);
        Assert.IsTrue(reported.All(bad => bad.Path == file && bad.Row == 1), $"{reported.FirstOrDefault()}");
        using var alone = Read([before, after], resize);
        AssertSame(alone, 0, dataset, 0);
        AssertSame(alone, 1, dataset, dataset.Count - 1);
    }

    [TestMethod]
    public void EveryNastyFileIsDecidedOn()
    {
        var files = Directory.GetFiles(SharedData.FolderOrInconclusive("nasty")).Select(file => Path.GetFileName(file));
        CollectionAssert.AreEquivalent(
            files.Where(name => Path.GetExtension(name) is not (".tsv" or ".txt")).ToArray(), NastyImages.Decisions.Keys.ToArray());
    }

    [TestMethod]
    [DynamicData(nameof(Formats))]
    public void EveryFormatHasItsPixelsInTheRightOrder(string extension)
    {
        var (side, file) = (FormulaImage.FileSide(extension), _folder.File("photo" + extension));
        File.WriteAllBytes(file, FormulaImage.File(extension));

        using var dataset = Read([file]);
        using var lease = dataset.Rent(0);

        Assert.AreEqual((side, side), (lease.Image.Width, lease.Image.Height));
        // JPEG loses the most where colors are all over the place.
        var bound = extension == ".jpg" ? 60 : 0;
        var difference = FormulaImage.Rgb(side, side).Pixels.Zip(lease.Image.Pixels, (expected, actual) => Math.Abs(expected - actual));
        Assert.IsTrue(difference.Average() <= bound, $"{difference.Average()}");
    }

    [TestMethod]
    [DynamicData(nameof(ResizedFormats))]
    public void ATruncatedFileEndsTheReadingOrIsSkippedAndReported(string extension, bool resize)
    {
        var (good, cut) = (SavePhoto("good.png", 1), SaveCut("cut" + extension));
        var reported = new List<BadImage>();

        var error = Assert.ThrowsExactly<InvalidDataException>(
            () => ImageDataset.ForTraining(View([good, cut], resize), _skip with { BadImages = BadImagePolicy.Throw }, default));
        using var dataset = Read([good, cut, good], resize, reported.Add);

        StringAssert.StartsWith(error.Message, $"The image '{cut}' (row 1) cannot be read: It is truncated: a part of its pixels");
        Assert.AreEqual((2, 1), (dataset.Count, dataset.BadImageCount));
        Assert.AreEqual(cut, reported.Single().Path);
    }

    [TestMethod]
    public void ATruncatedFileIsFoundUnderTheFolderOfLoadImages()
    {
        SaveCut("cut.jpg");
        var reported = new List<BadImage>();

        using var dataset = Read(["cut.jpg"], resize: true, reported.Add, _folder.Path);

        Assert.AreEqual(ImageDecision.Truncated, NastyImages.Told(reported.Single().Describe()));
    }

    [TestMethod]
    public void AnImageThatIsTooLargeIsNotDecoded()
    {
        File.WriteAllBytes(_folder.File("large.gif"), ImageFileBytes.GifThatClaims(65_000, 65_000));
        var reported = new List<BadImage>();
        Func<MLImage?, MLImage?> decode = _ => throw new InvalidOperationException("It was decoded.");

        // Named by its path, and by one that is relative to the folder that the image before comes from.
        ImageDataset.ForTraining(
            new ImageRowsView([new(1, decode, _folder.File("large.gif"))]), _skip with { OnBadImage = reported.Add }, default);
        ImageDataset.ForTraining(
            new ImageRowsView([new(1, _ => Tagged(_folder.File("good.gif")), "good.gif"), new(1, decode, "large.gif")]),
            _skip with { OnBadImage = reported.Add },
            default);

        Assert.AreEqual(2, reported.Count);
        foreach (var bad in reported)
            Assert.AreEqual(ImageDecision.TooLarge, NastyImages.Told(bad.Describe()));

        static MLImage Tagged(string path)
        {
            var image = FormulaImage.MLImage(20, 20);
            image.Tag = path;
            return image;
        }
    }

    [TestMethod]
    public void AColumnThatTellsOfAnotherFileDoesNotMatter()
    {
        var slide = _folder.File("slide.gif");
        File.WriteAllBytes(slide, ImageFileBytes.GifThatClaims(65_000, 65_000));
        using var image = FormulaImage.MLImage(20, 20);
        var tiles = _context.Data.LoadFromEnumerable([new Tile { Image = image, Label = "any", SlidePath = slide }]);
        var view = _context.Transforms.Conversion.MapValueToKey("Label").Fit(tiles).Transform(tiles);

        using var dataset = ImageDataset.ForTraining(view, _skip with { BadImages = BadImagePolicy.Throw }, default);

        Assert.AreEqual(1, dataset.Count);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void EmptyPathsAndMissingFilesGiveNoImage(bool resize)
    {
        var (first, last) = (SavePhoto("first.png", 3), SavePhoto("last.png", 4));
        var missing = _folder.File("missing.png");
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

        var data = _context.Data.LoadFromImageFolder(_folder.Path);
        var labels = data.GetColumn<string>("Label").ToArray();
        var paths = data.GetColumn<string>("ImagePath").ToArray();

        CollectionAssert.AreEqual(new[] { "a", "b", "c" }, labels);
        Assert.AreEqual(_folder.File("a", "2.png"), paths[0]);
    }

    private ImageDataset Read(string[] paths, bool resize = false, Action<BadImage>? onBadImage = null, string? folder = null) =>
        ImageDataset.ForTraining(View(paths, resize, folder), _skip with { OnBadImage = onBadImage }, default);

    private IDataView View(string[] paths, bool resize, string? folder = null)
    {
        var files = paths.Select(path => new ImageFile { ImagePath = path, Label = "any" });
        var loading = _context.Transforms.Conversion.MapValueToKey("Label")
            .Append(_context.Transforms.LoadImages("Image", folder, "ImagePath"));
        var data = _context.Data.LoadFromEnumerable(files);
        return resize
            ? loading.Append(_context.Transforms.ResizeImages("Image", 48, 48)).Fit(data).Transform(data)
            : loading.Fit(data).Transform(data);
    }

    private string SaveCut(string name)
    {
        var path = _folder.File(name);
        var whole = FormulaImage.File(Path.GetExtension(name));
        File.WriteAllBytes(path, whole[..(int)(0.9 * whole.Length)]);
        return path;
    }

    private string SavePhoto(string name, int offset)
    {
        var path = _folder.File(name);
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

    private sealed class Tile
    {
        [ImageType(20, 20)]
        public MLImage? Image { get; set; }

        public string Label { get; set; } = "";

        public string SlidePath { get; set; } = "";
    }
}
