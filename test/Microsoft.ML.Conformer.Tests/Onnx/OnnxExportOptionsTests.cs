using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Onnx;
using Microsoft.ML.Conformer.Onnx.Quantization;
using Microsoft.ML.Conformer.Onnx.Sessions;
using Microsoft.ML.Conformer.Tests.Data.Images;
using Microsoft.ML.Conformer.Tests.Features;
using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Conformer.Tests.Onnx;

/// <summary>ImageClassifierTransformer.SaveAsOnnx with options: what users see of it.</summary>
[TestClass]
public sealed class OnnxExportOptionsTests
{
    /// <summary>Room for rounding: another form of the same graph, or another batch size.</summary>
    private const double Rounding = 1e-5;

    private static readonly MLContext _context = new(seed: 1);
    private static readonly IDataView _data = Photo.View(_context, Photo.Set(7));
    private static readonly TemporaryFolder _folder = new();
    private static ImageClassifierTransformer _model = null!;

    [ClassInitialize]
    public static void CreateModel(TestContext _) => _model = ScoringModel.Create(_data);

    [ClassCleanup]
    public static void Clean()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    [TestMethod]
    public void DefaultOptionsGiveTheFileThatNoOptionsGive()
    {
        var (without, with) = (_folder.File("without.onnx"), _folder.File("with.onnx"));
        _model.SaveAsOnnx(without);
        _model.SaveAsOnnx(with, new OnnxExportOptions());

        CollectionAssert.AreEqual(File.ReadAllBytes(without), File.ReadAllBytes(with));
    }

    [TestMethod]
    public void FaultsAreReportedTogetherAndNothingIsWritten()
    {
        var path = _folder.File("faulty.onnx");
        var error = Assert.ThrowsExactly<ArgumentException>(() => _model.SaveAsOnnx(path, new OnnxExportOptions
        {
            DynamicImageSize = true,
            IncludePreprocessing = true,
            TopK = 4,
            Precision = OnnxPrecision.Int8,
            AdditionalOutputs = OnnxOutputs.FeatureMaps | (OnnxOutputs)128,
        }));

        foreach (var part in (string[])[
            "DynamicImageSize and IncludePreprocessing are both true", "TopK is 4; it must be 1-3", "AdditionalOutputs is 132",
            "this network has no map c4, only c2, c3, c5", "CalibrationImages is null"])
            StringAssert.Contains(error.Message, part);
        Assert.AreEqual(0, Directory.GetFiles(_folder.Path, "faulty*").Length);
        Assert.ThrowsExactly<ArgumentException>(() => _model.SaveAsOnnx(path, new OnnxExportOptions { TopK = 0 }));
        Assert.ThrowsExactly<ArgumentNullException>(() => _model.SaveAsOnnx(path, null!));
    }

    [TestMethod]
    public void ANetworkWithAPositionEmbeddingHasOneSize()
    {
        var architecture = ExportedGraph.Micro with { PositionEmbeddingImageSize = 32 };
        var error = Assert.ThrowsExactly<ArgumentException>(
            () => new OnnxExportOptions { DynamicImageSize = true }.Check(architecture));
        StringAssert.Contains(error.Message, "takes only images of 32 x 32");
        new OnnxExportOptions { IncludePreprocessing = true }.Check(architecture);
    }

    [TestMethod]
    [DataRow("photos", true, false)]
    [DataRow("any-size", false, true)]
    public void AFileOfAnyKindOpensAndScoresAsTheTrainedModel(string name, bool includePreprocessing, bool dynamicImageSize)
    {
        var path = Save($"open-{name}.onnx", new OnnxExportOptions
        {
            IncludePreprocessing = includePreprocessing,
            DynamicImageSize = dynamicImageSize,
            IncludePredictedLabel = true,
            TopK = 2,
        });
        var others = Photo.View(_context, Photo.Set(3, seed: 2, width: 60, height: 45));
        foreach (var flip in (bool[])[false, true])
        {
            var options = new ScoringOptions { TestTimeFlip = flip, MaxBatchSize = 4, WarmUp = true };
            using var plain = _context.Model.LoadImageClassifier(Save("open-plain.onnx", new OnnxExportOptions()), options);
            using var loaded = _context.Model.LoadImageClassifier(path, options);
            foreach (var data in new[] { _data, others })
                Assert.IsTrue(ScoringModel.Difference(
                    ScoringModel.Scores(plain.Transform(data)), ScoringModel.Scores(loaded.Transform(data))) < Rounding);
            CollectionAssert.AreEqual(_model.ClassNames.ToArray(), loaded.ClassNames.ToArray());
        }
    }

    [TestMethod]
    [DataRow(75, 61)]
    [DataRow(32, 32)]
    [DataRow(9, 140)]
    public void AGraphWithPreprocessingScoresPhotosAsTheCSharpCodeDoes(int width, int height)
    {
        var path = Save("photos.onnx", new OnnxExportOptions { IncludePreprocessing = true, IncludePredictedLabel = true });
        RgbImage[] photos = [FormulaImage.Rgb(width, height), FormulaImage.Rgb(width, height, 77)];
        var data = _context.Data.LoadFromEnumerable(new[] { 0, 77 }.Select(offset => new Photo
        {
            Image = FormulaImage.MLImage(width, height, offset),
        }));
        var expected = ScoringModel.Scores(_model.Transform(data));

        byte[] pixels = [.. photos.SelectMany(photo => photo.Pixels[..photo.ByteCount])];
        using var session = new InferenceSession(path);
        using var input = OrtValue.CreateTensorValueFromMemory(pixels, [2, height, width, 3]);
        using var options = new RunOptions();
        using var outputs = session.Run(options, ["image"], [input], ["Score", "PredictedLabel"]);

        var scores = outputs[0].GetTensorDataAsSpan<float>().ToArray().Chunk(3).ToList();
        Assert.IsTrue(ScoringModel.Difference(expected, scores) < Rounding);
        CollectionAssert.AreEqual(
            expected.Select(row => Photo.Classes[Array.IndexOf(row, row.Max())]).ToArray(), outputs[1].GetStringTensorAsArray());
    }

    [TestMethod]
    public void MlNetsOnnxTransformerReadsLabelsAndScores()
    {
        var path = Save("mlnet.onnx", new OnnxExportOptions { IncludePredictedLabel = true, TopK = 2 });
        var input = new NetworkInput(Photo.Side, new(), OnnxInputKind.NormalizedNchw);
        var rows = Photo.Set(7).Select(photo =>
        {
            var values = new float[input.Length];
            input.Write(RgbImage.FromMLImage(photo.Image!), values);
            return new PreparedImage { Image = values };
        });
        var images = _context.Data.LoadFromEnumerable(rows);

        var scored = _context.Transforms.ApplyOnnxModel(["Score", "PredictedLabel", "TopScores", "TopLabels"], ["image"], path)
            .Fit(images).Transform(images);

        var expected = ScoringModel.Scores(_model.Transform(_data));
        Assert.IsTrue(ScoringModel.Difference(expected, ScoringModel.Scores(scored)) < Rounding);
        var labels = expected.Select(row => Photo.Classes[Array.IndexOf(row, row.Max())]).ToList();
        CollectionAssert.AreEqual(labels, scored.GetColumn<string[]>("PredictedLabel").Select(row => row.Single()).ToList());
        CollectionAssert.AreEqual(labels, scored.GetColumn<string[]>("TopLabels").Select(row => row[0]).ToList());
        Assert.IsTrue(scored.GetColumn<float[]>("TopScores").All(row => row.Length == 2 && row[0] >= row[1]));
    }

    [TestMethod]
    [DataRow("from.onnx")]
    [DataRow("from.zip")]
    [DataRow("from-photos.onnx")]
    public void AModelFromAFileWritesThatFileWithoutOptionsAndAnyOtherWith(string file)
    {
        var path = _folder.File(file);
        if (file.EndsWith(".zip", StringComparison.Ordinal))
            _context.Model.Save(_model, _data.Schema, path);
        else
            Save(file, new OnnxExportOptions { TopK = 1, IncludePreprocessing = file.Contains("photos") });
        using var loaded = _context.Model.LoadImageClassifier(path);
        var expected = ScoringModel.Scores(_model.Transform(_data));

        var copy = _folder.File("copy.onnx");
        loaded.SaveAsOnnx(copy);
        if (file.EndsWith(".onnx", StringComparison.Ordinal))
            CollectionAssert.AreEqual(File.ReadAllBytes(path), File.ReadAllBytes(copy));

        foreach (var options in (OnnxExportOptions[])[
            new(),
            new() { DynamicImageSize = true, AdditionalOutputs = OnnxOutputs.AttentionMaps },
            new() { IncludePreprocessing = true, IncludePredictedLabel = true }])
        {
            loaded.SaveAsOnnx(copy, options);
            using var again = _context.Model.LoadImageClassifier(copy);
            Assert.IsTrue(ScoringModel.Difference(expected, ScoringModel.Scores(again.Transform(_data))) < Rounding);
            CollectionAssert.AreEqual(_model.ClassNames.ToArray(), again.ClassNames.ToArray());
        }
    }

    [TestMethod]
    [DataRow(OnnxPrecision.Float32)]
    [DataRow(OnnxPrecision.Int8)]
    public void ACanceledExportLeavesTheOlderFile(OnnxPrecision precision)
    {
        var path = Save("canceled.onnx", new OnnxExportOptions());
        var older = File.ReadAllBytes(path);
        Assert.ThrowsExactly<OperationCanceledException>(() => _model.SaveAsOnnx(path, new OnnxExportOptions
        {
            Precision = precision,
            CalibrationImages = _data,
            CancellationToken = new CancellationToken(canceled: true),
        }));

        CollectionAssert.AreEqual(older, File.ReadAllBytes(path));
        Assert.AreEqual(1, Directory.GetFiles(_folder.Path, "canceled*").Length);
    }

    [TestMethod]
    [DataRow(OnnxPrecision.Float16, false, 0.01)]
    [DataRow(OnnxPrecision.Float16, true, 0.01)]
    [DataRow(OnnxPrecision.Int8, false, 0.05)]
    [DataRow(OnnxPrecision.Int8, true, 0.05)]
    public void AFileInAnotherPrecisionScoresNearlyAsTheModel(OnnxPrecision precision, bool includePreprocessing, double bound)
    {
        var path = Save("precision.onnx", new OnnxExportOptions
        {
            Precision = precision,
            CalibrationImages = _data,
            IncludePreprocessing = includePreprocessing,
            IncludePredictedLabel = true,
            AdditionalOutputs = OnnxOutputs.Embeddings,
        });
        using var loaded = _context.Model.LoadImageClassifier(path);

        // Each step of an activation is 1/255 of its range, and 2^-11 of its value in 16 bits; the network has a dozen layers.
        var difference = ScoringModel.Difference(
            ScoringModel.Scores(_model.Transform(_data)), ScoringModel.Scores(loaded.Transform(_data)));
        Assert.IsTrue(difference > 0 && difference < bound, $"{difference}");
        using var session = new InferenceSession(path);
        var metadata = session.ModelMetadata.CustomMetadataMap;
        Assert.AreEqual($"{precision}", metadata["conformer.precision"]);
        Assert.AreEqual(precision == OnnxPrecision.Int8, metadata.ContainsKey("conformer.agreement"));

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => _context.Model.Save(loaded, _data.Schema, new MemoryStream()));
        StringAssert.Contains(error.Message, "32-bit floats");
        Assert.ThrowsExactly<InvalidOperationException>(
            () => loaded.SaveAsOnnx(_folder.File("none.onnx"), new OnnxExportOptions { TopK = 1 }));
        Assert.AreEqual(0, Directory.GetFiles(_folder.Path, "none*").Length);
    }

    [TestMethod]
    public void CalibrationImagesThatCannotBeUsedAreErrorsAndNothingIsWritten()
    {
        var path = _folder.File("uncalibrated.onnx");
        var noImages = _context.Data.LoadFromEnumerable(new[] { new PreparedImage() });
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => _model.SaveAsOnnx(
            path, new OnnxExportOptions { Precision = OnnxPrecision.Int8, CalibrationImages = noImages }));
        Assert.ThrowsExactly<InvalidOperationException>(() => _model.SaveAsOnnx(
            path, new OnnxExportOptions { Precision = OnnxPrecision.Int8, CalibrationImages = Photo.View(_context, []) }));
        Assert.AreEqual(0, Directory.GetFiles(_folder.Path, "uncalibrated*").Length);
    }

    private static string Save(string name, OnnxExportOptions options)
    {
        var path = _folder.File(name);
        _model.SaveAsOnnx(path, options);
        return path;
    }

    private sealed class PreparedImage
    {
        [ColumnName("image")]
        [VectorType(3 * Photo.Side * Photo.Side)]
        public float[] Image { get; set; } = [];
    }
}
