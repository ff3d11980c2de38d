using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Conformer.Detection.Boxes;
using Microsoft.ML.Conformer.Detection.Images;
using Microsoft.ML.Conformer.Detection.Masks;
using Microsoft.ML.Conformer.Detection.Scoring;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Tests.Detection;

/// <summary>A detector in data views, out of files and row by row.</summary>
[TestClass]
public sealed class ObjectDetectorTransformerTests
{
    private static readonly MLContext _context = new(seed: 1);
    private static readonly (int Width, int Height)[] _sizes =
        [(128, 96), (90, 128), (200, 150), (128, 96), (60, 300), (31, 20), (90, 128)];
    private static readonly List<DetectorPhoto> _photos = DetectorPhoto.Set(_sizes);
    private static ObjectDetectorTransformer _model = null!;

    [ClassInitialize]
    public static void CreateModel(TestContext _) => _model = Open(DetectionHead.MaskRcnn, new ScoringOptions());

    [ClassCleanup]
    public static void DisposeModel() => _model.Dispose();

    [TestMethod]
    [DataRow(DetectionHead.MaskRcnn)]
    [DataRow(DetectionHead.RetinaNet)]
    public void BoxesAreThoseOfTheGraphInPixelsOfTheIncomingImage(DetectionHead head)
    {
        using var model = Open(head, new ScoringOptions());
        using var graph = new RunGraph(model.Architecture, model.Rules, DetectorPhoto.Weights(model.Architecture));
        var rows = Rows(model, _photos);

        for (var i = 0; i < _sizes.Length; i++)
        {
            var (width, height) = _sizes[i];
            var scale = Math.Min(128.0 / Math.Max(width, height), 96.0 / Math.Min(width, height));
            var (newWidth, newHeight) = ((int)(width * scale + 0.5), (int)(height * scale + 0.5));
            var resized = LinearResize.Apply(DetectorPhoto.Rgb(i, _sizes[i]), newHeight, newWidth);
            var (paddedHeight, paddedWidth) = ((newHeight + 31) / 32 * 32, (newWidth + 31) / 32 * 32);
            var expected = graph.Run(
                Normalized(resized, paddedHeight, paddedWidth), [1, 3, paddedHeight, paddedWidth], newHeight, newWidth);

            Assert.AreClose(expected["scores"], rows[i].Score, 1e-5, $"scores of photo {i}");
            Assert.AreClose(
                expected["labels"].Select(label => label + 1), rows[i].PredictedLabel.Select(key => (float)key), 0, $"labels of photo {i}");
            var (scaleX, scaleY) = ((double)width / newWidth, (double)height / newHeight);
            Assert.AreClose(
                expected["boxes"].Select((value, place) => value * (place % 2 == 0 ? scaleX : scaleY)),
                rows[i].PredictedBoundingBoxes, 1e-2, $"boxes of photo {i}");
        }
        Assert.IsGreaterThan(30, rows.Sum(row => row.Score.Length));
    }

    [TestMethod]
    public void MasksAreTextAtTheIncomingImagesSizeInsideOfTheirBoxes()
    {
        var rows = Rows(_model, _photos);

        var inside = 0;
        foreach (var (row, (width, height)) in rows.Zip(_sizes))
        {
            Assert.HasCount(row.Score.Length, row.PredictedMasks);
            foreach (var (text, box) in row.PredictedMasks.Zip(row.PredictedBoundingBoxes.Chunk(4)))
            {
                var mask = RunLengthMask.Parse(text, height, width);
                if (mask.Area == 0)
                    continue;
                inside++;
                var bounds = mask.Bounds;
                Assert.IsTrue(
                    bounds.Left >= box[0] - 1 && bounds.Top >= box[1] - 1 && bounds.Left + bounds.Width <= box[2] + 1
                    && bounds.Top + bounds.Height <= box[3] + 1);
            }
        }
        Assert.IsGreaterThan(10, inside);
    }

    [TestMethod]
    public void ColumnsAreThoseOfMLNetsOwnDetector()
    {
        var schema = _model.GetOutputSchema(View(_photos).Schema);

        var label = (VectorDataViewType)schema["PredictedLabel"].Type;
        Assert.IsFalse(label.IsKnownSize);
        Assert.AreEqual(new KeyDataViewType(typeof(uint), DetectorPhoto.Classes.Length), label.ItemType);
        VBuffer<ReadOnlyMemory<char>> names = default;
        schema["PredictedLabel"].GetKeyValues(ref names);
        CollectionAssert.AreEqual(DetectorPhoto.Classes, names.DenseValues().Select(name => name.ToString()).ToArray());
        Assert.AreEqual(new VectorDataViewType(NumberDataViewType.Single), schema["Score"].Type);
        Assert.AreEqual(new VectorDataViewType(NumberDataViewType.Single), schema["PredictedBoundingBoxes"].Type);
        Assert.AreEqual(new VectorDataViewType(TextDataViewType.Instance), schema["PredictedMasks"].Type);
    }

    [TestMethod]
    public void KeysBecomeTheClassesNamesInAPipeline()
    {
        var scored = _model.Append(_context.Transforms.Conversion.MapKeyToValue("PredictedLabel").Fit(_model.Transform(View(_photos))))
            .Transform(View(_photos));

        var names = scored.GetColumn<string[]>("PredictedLabel").ToList();

        CollectionAssert.AreEqual(
            Rows(_model, _photos).SelectMany(row => row.PredictedLabel).Select(key => DetectorPhoto.Classes[key - 1]).ToArray(),
            names.SelectMany(row => row).ToArray());
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(3)]
    public void TheBatchSizeChangesNothing(int batchSize)
    {
        using var model = Open(DetectionHead.MaskRcnn, new ScoringOptions { MaxBatchSize = batchSize });

        foreach (var (expected, actual) in Rows(_model, _photos).Zip(Rows(model, _photos)))
            DetectedRow.AssertSame(expected, actual, 1e-5, $"photo {expected.Number}");
    }

    [TestMethod]
    public void AnEngineGivesTheSameRowByRow()
    {
        using var engine = _context.Model.CreatePredictionEngine<DetectorPhoto, DetectedRow>(
            _model, new PredictionEngineOptions { OwnsTransformer = false });

        foreach (var (expected, photo) in Rows(_model, _photos).Zip(_photos))
        {
            var actual = engine.Predict(photo);
            DetectedRow.AssertSame(expected, actual, 1e-5, $"photo {expected.Number}");
            CollectionAssert.AreEqual(expected.PredictedMasks, actual.PredictedMasks);
        }
    }

    [TestMethod]
    [DataRow(DetectionHead.FasterRcnn)]
    [DataRow(DetectionHead.MaskRcnn)]
    [DataRow(DetectionHead.CascadeMaskRcnn)]
    [DataRow(DetectionHead.RetinaNet)]
    public void AFileGivesTheSameDetectorAndIsWrittenAgainAsItWas(DetectionHead head)
    {
        using var folder = new TemporaryFolder();
        using var model = Open(head, new ScoringOptions());
        model.SaveAsOnnx(folder.File("detector.onnx"));
        using var loaded = _context.Model.LoadObjectDetector(folder.File("detector.onnx"));
        loaded.SaveAsOnnx(folder.File("again.onnx"));

        Assert.AreEqual(model.Architecture, loaded.Architecture);
        Assert.AreEqual(model.Rules, loaded.Rules);
        Assert.AreEqual((128, 96), (loaded.LongestSide, loaded.ShortestSide));
        CollectionAssert.AreEqual(DetectorPhoto.Classes, loaded.ClassNames.ToArray());
        foreach (var (expected, actual) in Rows(model, _photos).Zip(Rows(loaded, _photos)))
            DetectedRow.AssertSame(expected, actual, 1e-6, $"photo {expected.Number}");
        CollectionAssert.AreEqual(File.ReadAllBytes(folder.File("detector.onnx")), File.ReadAllBytes(folder.File("again.onnx")));
    }

    [TestMethod]
    [DataRow(DetectionHead.MaskRcnn)]
    [DataRow(DetectionHead.RetinaNet)]
    public void MLNetLoadsASavedPipelineWithADetector(DetectionHead head)
    {
        using var folder = new TemporaryFolder();
        using var model = Open(head, new ScoringOptions());
        var pipeline = model.Append(
            _context.Transforms.Conversion.MapKeyToValue("Names", "PredictedLabel").Fit(model.Transform(View(_photos))));
        _context.Model.Save(pipeline, View(_photos).Schema, folder.File("model.zip"));

        var loaded = new MLContext().Model.Load(folder.File("model.zip"), out _);
        var scored = loaded.Transform(View(_photos));

        Assert.AreEqual(model.Architecture.HasMasks, scored.Schema.GetColumnOrNull("PredictedMasks") is not null);
        Assert.IsFalse(scored.Schema.Any(column => column.Name.StartsWith("__", StringComparison.Ordinal)), "nothing is left over");
        var rows = _context.Data.CreateEnumerable<DetectedRow>(scored, reuseRowObject: false, ignoreMissingColumns: true).ToList();
        foreach (var (expected, actual) in Rows(model, _photos).Zip(rows))
            DetectedRow.AssertSame(expected, actual, 1e-6, $"photo {expected.Number}");
        using var again = _context.Model.LoadObjectDetector(folder.File("model.zip"));
        foreach (var (expected, actual) in Rows(model, _photos).Zip(Rows(again, _photos)))
            DetectedRow.AssertSame(expected, actual, 1e-6, $"the detector alone, photo {expected.Number}");
        CollectionAssert.AreEqual(
            rows.SelectMany(row => row.PredictedLabel).Select(key => DetectorPhoto.Classes[key - 1]).ToArray(),
            scored.GetColumn<string[]>("Names").SelectMany(names => names).ToArray());
    }

    [TestMethod]
    public void ADetectorOfFilesIsSavedAsOne()
    {
        using var folder = new TemporaryFolder();
        var paths = Files(folder);
        var data = _context.Data.LoadFromEnumerable(paths);
        var ofFiles = DetectorPhoto.Model(DetectionHead.FasterRcnn, isOfFiles: true);
        using var model = new ObjectDetectorTransformer(_context, ofFiles, DetectorColumns.Default, new ScoringOptions());
        _context.Model.Save(model, data.Schema, folder.File("model.zip"));

        var scored = new MLContext().Model.Load(folder.File("model.zip"), out _).Transform(data);

        Assert.IsGreaterThan(10, scored.GetColumn<float[]>("Score").Sum(row => row.Length));
        foreach (var (expected, actual) in model.Transform(data).GetColumn<float[]>("Score").Zip(scored.GetColumn<float[]>("Score")))
            Assert.AreClose(expected, actual, 1e-6, "scores");
    }

    [TestMethod]
    public void OtherFilesAreRefused()
    {
        using var folder = new TemporaryFolder();
        _model.SaveAsOnnx(folder.File("detector.onnx"));
        var bytes = File.ReadAllBytes(folder.File("detector.onnx"));
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(folder.File("damaged.onnx"), bytes);
        File.WriteAllText(folder.File("text.onnx"), "no model");
        var view = Tests.Scoring.Photo.View(_context, Tests.Scoring.Photo.Set(3));
        using (var classifier = Tests.Scoring.ScoringModel.Create(view))
        {
            classifier.SaveAsOnnx(folder.File("classifier.onnx"));
            _context.Model.Save(classifier, view.Schema, folder.File("classifier.zip"));
        }
        File.WriteAllText(folder.File("text.zip"), "PK, but no zip");

        foreach (var (file, reason) in new[]
        {
            ("damaged.onnx", "checksum"), ("text.onnx", "no object detector"), ("classifier.onnx", "no detector"),
            ("text.zip", "scored. The zip archive cannot be read"), ("classifier.zip", "a zip without a detector"),
        })
        {
            var error = Assert.ThrowsExactly<InvalidDataException>(() => _context.Model.LoadObjectDetector(folder.File(file)));
            StringAssert.Contains(error.Message, reason);
            StringAssert.Contains(error.Message, file);
        }
        Assert.ThrowsExactly<FileNotFoundException>(() => _context.Model.LoadObjectDetector(folder.File("absent.onnx")));
    }

    [TestMethod]
    public void ARowWithoutAnImageIsAnErrorOrHasNoObjects()
    {
        List<DetectorPhoto> photos = [_photos[0], new DetectorPhoto { Number = 1 }, _photos[2]];
        using var skipping = Open(DetectionHead.MaskRcnn, new ScoringOptions { BadImages = BadImagePolicy.Skip });

        var error = Assert.ThrowsExactly<InvalidDataException>(() => Rows(_model, photos));
        var rows = Rows(skipping, photos);

        StringAssert.Contains(error.Message, "row 1");
        Assert.IsEmpty(rows[1].Score);
        Assert.IsEmpty(rows[1].PredictedMasks);
        DetectedRow.AssertSame(Rows(_model, [_photos[0]])[0], rows[0], 1e-5, "the row before");
        DetectedRow.AssertSame(Rows(_model, [_photos[2]])[0], rows[2], 1e-5, "the row after");
    }

    [TestMethod]
    public void FilesPathsAreTakenToo()
    {
        using var folder = new TemporaryFolder();
        var scored = _model.Transform(_context.Data.LoadFromEnumerable(Files(folder)));

        var rows = _context.Data.CreateEnumerable<DetectedRow>(scored, reuseRowObject: false).ToList();
        foreach (var (expected, actual) in Rows(_model, _photos).Zip(rows))
            DetectedRow.AssertSame(expected, actual, 1e-5, $"photo {expected.Number}");
    }

    [TestMethod]
    public void OptionsThatCannotBeMetAreNamed()
    {
        var error = Assert.ThrowsExactly<ArgumentException>(
            () => Open(DetectionHead.FasterRcnn, new ScoringOptions { TestTimeFlip = true, FiveCrop = true, MaxBatchSize = 0 }));

        foreach (var option in new[] { "TestTimeFlip", "FiveCrop", "MaxBatchSize" })
            StringAssert.Contains(error.Message, option);
    }

    [TestMethod]
    public void ADisposedDetectorSaysSo()
    {
        var model = Open(DetectionHead.FasterRcnn, new ScoringOptions());
        var view = model.Transform(View(_photos));
        model.Dispose();
        model.Dispose();

        var error = Assert.ThrowsExactly<ObjectDisposedException>(() => view.GetColumn<float[]>("Score").ToList());

        StringAssert.Contains(error.Message, nameof(ObjectDetectorTransformer));
    }

    private static ObjectDetectorTransformer Open(DetectionHead head, ScoringOptions options) =>
        new(_context, DetectorPhoto.Model(head), DetectorColumns.Default, options);

    private static List<PathRow> Files(TemporaryFolder folder)
    {
        var paths = _photos.Select(photo => new PathRow { Image = folder.File($"{photo.Number}.png"), Number = photo.Number }).ToList();
        foreach (var (photo, row) in _photos.Zip(paths))
            photo.Image!.Save(row.Image);
        return paths;
    }

    private static IDataView View(IEnumerable<DetectorPhoto> photos) => _context.Data.LoadFromEnumerable(photos);

    private static List<DetectedRow> Rows(ObjectDetectorTransformer model, IEnumerable<DetectorPhoto> photos) =>
        [.. _context.Data.CreateEnumerable<DetectedRow>(model.Transform(View(photos)), reuseRowObject: false, ignoreMissingColumns: true)];

    private static float[] Normalized(RgbImage image, int paddedHeight, int paddedWidth)
    {
        float[] mean = [0.485f, 0.456f, 0.406f], deviation = [0.229f, 0.224f, 0.225f];
        var values = new float[3 * image.Height * image.Width];
        for (var i = 0; i < image.ByteCount; i++)
            values[i % 3 * image.Height * image.Width + i / 3] = (image.Pixels[i] / 255f - mean[i % 3]) / deviation[i % 3];
        return GoldenDetector.Padded(values, image.Width, paddedHeight, paddedWidth);
    }

    private sealed class PathRow
    {
        public string Image { get; set; } = "";

        public int Number { get; set; }
    }
}
