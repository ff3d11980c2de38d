using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Data.Reading;
using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Conformer.Detection.Images;
using Microsoft.ML.Conformer.Detection.Models;
using Microsoft.ML.Conformer.Detection.Onnx;
using Microsoft.ML.Conformer.Detection.Saving;
using Microsoft.ML.Conformer.Detection.Scoring;
using Microsoft.ML.Conformer.Onnx;
using Microsoft.ML.Conformer.Onnx.Graph;
using Microsoft.ML.Conformer.Tests.Onnx;
using Microsoft.ML.Data;
using SkiaSharp;

namespace Microsoft.ML.Conformer.Tests.Detection.Segmentation;

/// <summary>A network for segmentation in data views, out of files and row by row.</summary>
[TestClass]
public sealed class ImageSegmenterTransformerTests
{
    private static readonly MLContext _context = new(seed: 1);
    private static readonly string[] _classes = ["sky", "sea", "land", "boat"];
    private static readonly DetectorPreprocessing _images = new() { LongestSide = 128, ShortestSide = 96 };

    /// <summary>As the network sees them, larger, smaller, and one twice.</summary>
    private static readonly (int Width, int Height)[] _sizes = [(128, 96), (96, 128), (200, 150), (60, 30), (128, 96)];
    private static ImageSegmenterTransformer _model = null!;

    private readonly TemporaryFolder _folder = new();

    [ClassInitialize]
    public static void CreateModel(TestContext _) =>
        _model = new ImageSegmenterTransformer(_context, Model(), SegmenterColumns.Default, new ScoringOptions());

    [ClassCleanup]
    public static void DisposeModel() => _model.Dispose();

    [TestCleanup]
    public void DeleteFolder() => _folder.Dispose();

    [TestMethod]
    public void LabelsAreThoseOfTheGraphAtTheIncomingImagesSize()
    {
        using var graph = new ExportedGraph(SegmentationGraph.Build(
            _model.Architecture, new RequiredWeights(SmallSegmentation.Weights(_model.Architecture)), OnnxInputKind.NormalizedNchw,
            new ImagePreprocessing()));

        var rows = Rows(_model, DetectorPhoto.Set(_sizes));

        for (var i = 0; i < _sizes.Length; i++)
        {
            var (width, height) = _sizes[i];
            CollectionAssert.AreEqual(new[] { height, width }, rows[i].PredictedLabelsSize);
            var scale = Math.Min(128.0 / Math.Max(width, height), 96.0 / Math.Min(width, height));
            var seen = LinearResize.Apply(
                DetectorPhoto.Rgb(i, _sizes[i]), (int)(height * scale + 0.5), (int)(width * scale + 0.5));
            var labels = graph.Run<byte>("labels", Normalized(seen), 1, 3, seen.Height, seen.Width);
            var expected = new byte[height * width];
            for (var y = 0; y < height; y++)
                for (var x = 0; x < width; x++)
                    expected[y * width + x] =
                        labels[(int)((y + 0.5) * seen.Height / height) * seen.Width + (int)((x + 0.5) * seen.Width / width)];
            var same = expected.Zip(rows[i].PredictedLabels).Count(pair => pair.First == pair.Second);
            Assert.IsGreaterThan(0.999 * expected.Length, same, $"photo {i}"); // single pixels are between two classes
            Assert.AreEqual(expected.Length, rows[i].PredictedLabels.Length);
        }
        Assert.IsGreaterThan(1, rows.SelectMany(row => row.PredictedLabels).Distinct().Count());
    }

    [TestMethod]
    public void ASavedFileOpensAndGivesTheSameLabels()
    {
        var path = _folder.File("model.onnx");
        _model.SaveAsOnnx(path);

        using var loaded = _context.Model.LoadImageSegmenter(path, new ScoringOptions { MaxBatchSize = 1 });
        var (expected, actual) = (Rows(_model, DetectorPhoto.Set(_sizes)), Rows(loaded, DetectorPhoto.Set(_sizes)));

        CollectionAssert.AreEqual(_classes, loaded.ClassNames.ToArray());
        Assert.AreEqual(_model.Architecture, loaded.Architecture);
        Assert.AreEqual((128, 96), (loaded.LongestSide, loaded.ShortestSide));
        foreach (var (one, other) in expected.Zip(actual))
            Assert.IsGreaterThan(
                0.999 * one.PredictedLabels.Length,
                one.PredictedLabels.Zip(other.PredictedLabels).Count(pair => pair.First == pair.Second));
        var again = _folder.File("again.onnx");
        loaded.SaveAsOnnx(again);
        CollectionAssert.AreEqual(File.ReadAllBytes(path), File.ReadAllBytes(again));
    }

    [TestMethod]
    public void OtherFilesAreRefused()
    {
        var (damaged, detector) = (_folder.File("damaged.onnx"), _folder.File("detector.onnx"));
        _model.SaveAsOnnx(damaged);
        File.WriteAllBytes(damaged, File.ReadAllBytes(damaged)[..^100]);
        File.WriteAllBytes(detector, DetectorPhoto.Model(DetectionHead.FasterRcnn).Onnx);

        foreach (var path in (string[])[damaged, detector])
            StringAssert.Contains(
                Assert.ThrowsExactly<InvalidDataException>(() => _context.Model.LoadImageSegmenter(path)).Message, Path.GetFileName(path));
    }

    [TestMethod]
    public void AnEngineScoresRowsAndNamesClassesInTheSchema()
    {
        var schema = _model.GetOutputSchema(_context.Data.LoadFromEnumerable(DetectorPhoto.Set((8, 8))).Schema);
        VBuffer<ReadOnlyMemory<char>> names = default;
        schema["PredictedLabels"].Annotations.GetValue("ClassNames", ref names);
        CollectionAssert.AreEqual(_classes, names.DenseValues().Select(name => name.ToString()).ToArray());

        using var engine = _context.Model.CreatePredictionEngine<DetectorPhoto, SegmentedRow>(
            _model, new PredictionEngineOptions { OwnsTransformer = false });
        var row = engine.Predict(DetectorPhoto.Set((128, 96))[0]);

        CollectionAssert.AreEqual(Rows(_model, DetectorPhoto.Set((128, 96)))[0].PredictedLabels, row.PredictedLabels);
    }

    [TestMethod]
    public void ARowWithoutAnImageThrowsOrHasNoLabels()
    {
        List<DetectorPhoto> photos = [.. DetectorPhoto.Set((128, 96)), new DetectorPhoto(), .. DetectorPhoto.Set((128, 96))];
        using var skipping = new ImageSegmenterTransformer(
            _context, Model(), SegmenterColumns.Default, new ScoringOptions { BadImages = BadImagePolicy.Skip });

        var rows = Rows(skipping, photos);

        Assert.IsEmpty(rows[1].PredictedLabels);
        CollectionAssert.AreEqual(new[] { 0, 0 }, rows[1].PredictedLabelsSize);
        CollectionAssert.AreEqual(rows[0].PredictedLabels, rows[2].PredictedLabels);
        Assert.Throws<InvalidDataException>(() => Rows(_model, photos));
    }

    [TestMethod]
    public void LabelsAreWrittenAsAPngAndOverThePhoto()
    {
        var rgb = DetectorPhoto.Rgb(0, _sizes[0]);
        var (photo, map, overlay) = (_folder.File("photo.png"), _folder.File("map.png"), _folder.File("overlay.png"));
        File.WriteAllBytes(photo, rgb.ToPng());
        var row = Rows(_model, DetectorPhoto.Set(_sizes[0]))[0];
        row.PredictedLabels[1] = 255;
        var labels = new LabelMap(row.PredictedLabelsSize[0], row.PredictedLabelsSize[1], row.PredictedLabels);

        labels.SaveAsPng(map);
        labels.SaveOverlay(photo, overlay, opacity: 0.25);

        var read = LabelMap.Load(map);
        Assert.AreEqual((96, 128), (read.Height, read.Width));
        Assert.AreEqual(row.PredictedLabels[5 * 128 + 7], read[5, 7]);
        CollectionAssert.AreEqual(row.PredictedLabels, read.Values);
        using var colors = SKBitmap.Decode(map);
        using var over = SKBitmap.Decode(overlay);
        for (var x = 0; x < 128; x++)
        {
            var (before, color, after) = (rgb.Pixels[3 * x], colors.GetPixel(x, 0).Red, over.GetPixel(x, 0).Red);
            Assert.AreEqual(x == 1 ? before : 0.75 * before + 0.25 * color, after, 1, $"pixel {x}");
        }
        Assert.ThrowsExactly<ArgumentException>(() => new LabelMap(1, 1, [0]).SaveOverlay(photo, overlay));
        Assert.ThrowsExactly<InvalidOperationException>(() => new LabelMap(0, 0, []).SaveAsPng(map));
        Assert.ThrowsExactly<ArgumentException>(() => new LabelMap(2, 2, [0]));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => read[0, 128]);
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => LabelMap.Load(photo)).Message, "photo.png");
    }

    [TestMethod]
    public void WhatIsNotThereIsSaid()
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => new ImageSegmenterTransformer(
            _context, Model(), new SegmenterColumns("Image", "A", "A"), new ScoringOptions { TestTimeFlip = true }));
        StringAssert.Contains(error.Message, "TestTimeFlip");
        StringAssert.Contains(error.Message, "sizeColumnName");
    }

    [TestMethod]
    public void MLNetLoadsASavedPipelineWithANetwork()
    {
        var data = _context.Data.LoadFromEnumerable(DetectorPhoto.Set(_sizes));
        _context.Model.Save(_model, data.Schema, _folder.File("model.zip"));

        var scored = new MLContext().Model.Load(_folder.File("model.zip"), out _).Transform(data);

        Assert.IsFalse(scored.Schema.Any(column => column.Name.StartsWith("__", StringComparison.Ordinal)), "nothing is left over");
        AssertSame(Rows(_model, DetectorPhoto.Set(_sizes)), scored);
        using var loaded = _context.Model.LoadImageSegmenter(_folder.File("model.zip"));
        AssertSame(Rows(_model, DetectorPhoto.Set(_sizes)), loaded.Transform(data));
        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidDataException>(() => _context.Model.LoadObjectDetector(_folder.File("model.zip"))).Message,
            "no detector");
        Assert.IsFalse(DetectorFile.IsOne(_folder.File("model.zip")));
    }

    [TestMethod]
    public void ANetworkOfFilesIsSavedAsOne()
    {
        foreach (var (number, size) in _sizes.Index())
            File.WriteAllBytes(_folder.File($"{number}.png"), DetectorPhoto.Rgb(number, size).ToPng());
        var data = _context.Data.LoadFromEnumerable(
            _sizes.Select((_, number) => new PhotoFile { Image = _folder.File($"{number}.png") }).ToList());
        using var model = new ImageSegmenterTransformer(
            _context, Model(isOfFiles: true), SegmenterColumns.Default, new ScoringOptions());
        _context.Model.Save(model, data.Schema, _folder.File("model.zip"));

        AssertSame(Rows(_model, DetectorPhoto.Set(_sizes)), new MLContext().Model.Load(_folder.File("model.zip"), out _).Transform(data));
    }

    private static void AssertSame(List<SegmentedRow> expected, IDataView scored)
    {
        var rows = _context.Data.CreateEnumerable<SegmentedRow>(scored, reuseRowObject: false).ToList();
        Assert.HasCount(expected.Count, rows);
        foreach (var (one, other) in expected.Zip(rows))
        {
            CollectionAssert.AreEqual(one.PredictedLabelsSize, other.PredictedLabelsSize);
            Assert.IsGreaterThan(
                0.999 * one.PredictedLabels.Length,
                one.PredictedLabels.Zip(other.PredictedLabels).Count(pair => pair.First == pair.Second));
        }
    }

    private static SegmenterModel Model(bool isOfFiles = false)
    {
        var architecture = SmallSegmentation.Of(isConTNet: false);
        return SegmenterModel.Of(architecture, _images, _classes, SmallSegmentation.Weights(architecture), isOfFiles);
    }

    private static List<SegmentedRow> Rows(ImageSegmenterTransformer model, List<DetectorPhoto> photos) =>
        [.. _context.Data.CreateEnumerable<SegmentedRow>(model.Transform(_context.Data.LoadFromEnumerable(photos)), reuseRowObject: false)];

    private static float[] Normalized(RgbImage photo)
    {
        float[] mean = [0.485f, 0.456f, 0.406f], deviation = [0.229f, 0.224f, 0.225f];
        var pixels = photo.Height * photo.Width;
        return [.. Enumerable.Range(0, 3 * pixels).Select(i =>
            (photo.Pixels[i % pixels * 3 + i / pixels] / 255f - mean[i / pixels]) / deviation[i / pixels])];
    }

    private sealed class PhotoFile
    {
        public string Image { get; set; } = "";
    }

    private sealed class SegmentedRow
    {
        public byte[] PredictedLabels { get; set; } = [];

        public int[] PredictedLabelsSize { get; set; } = [];
    }
}
