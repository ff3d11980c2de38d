using Microsoft.ML.Conformer.Data;
using Microsoft.ML.Conformer.Onnx;
using Microsoft.ML.Conformer.Scoring;
using Microsoft.ML.Conformer.Tests.Data;
using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Conformer.Tests.Onnx;

/// <summary>ConformerTransformer.SaveAsOnnx with options: what users see of it.</summary>
[TestClass]
public sealed class OnnxExportOptionsTests
{
    /// <summary>Room for rounding: another form of the same graph, or another batch size.</summary>
    private const double Rounding = 1e-5;

    private static readonly MLContext _context = new(seed: 1);
    private static readonly IDataView _data = Photo.View(_context, Photo.Set(7));
    private static readonly TemporaryFolder _folder = new();
    private static ConformerTransformer _model = null!;

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
        var error = Assert.ThrowsException<ArgumentException>(() => _model.SaveAsOnnx(path, new OnnxExportOptions
        {
            DynamicImageSize = true,
            IncludePreprocessing = true,
            TopK = 4,
            AdditionalOutputs = OnnxOutputs.FeatureMaps | (OnnxOutputs)64,
        }));

        foreach (var part in (string[])[
            "DynamicImageSize and IncludePreprocessing are both true", "TopK is 4; it must be 1-3", "AdditionalOutputs is 68",
            "depth 3 has no map c4"])
            StringAssert.Contains(error.Message, part);
        Assert.AreEqual(0, Directory.GetFiles(_folder.Path, "faulty*").Length);
        Assert.ThrowsException<ArgumentException>(() => _model.SaveAsOnnx(path, new OnnxExportOptions { TopK = 0 }));
        Assert.ThrowsException<ArgumentNullException>(() => _model.SaveAsOnnx(path, null!));
    }

    [TestMethod]
    public void ANetworkWithAPositionEmbeddingHasOneSize()
    {
        var architecture = ExportedGraph.Micro with { PositionEmbeddingImageSize = 32 };
        var error = Assert.ThrowsException<ArgumentException>(
            () => new OnnxExportOptions { DynamicImageSize = true }.Check(architecture));
        StringAssert.Contains(error.Message, "position embedding for images of 32 x 32");
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
            var options = new ScoringOptions { HorizontalFlip = flip, MaxBatchSize = 4, WarmUp = true };
            using var plain = _context.Model.LoadConformer(Save("open-plain.onnx", new OnnxExportOptions()), options);
            using var loaded = _context.Model.LoadConformer(path, options);
            foreach (var data in new[] { _data, others })
                Assert.IsTrue(ScoringModel.Difference(
                    ScoringModel.Scores(plain.Transform(data)), ScoringModel.Scores(loaded.Transform(data))) < Rounding);
            CollectionAssert.AreEqual(_model.ClassNames.ToArray(), loaded.ClassNames.ToArray());
            Assert.ThrowsException<InvalidOperationException>(() => _context.Model.Save(loaded, _data.Schema, new MemoryStream()));
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
        var input = new NetworkInput(Photo.Side, OnnxInputKind.NormalizedNchw);
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
    public void AModelFromAFileWritesThatFileAndNoOther()
    {
        var path = Save("from.onnx", new OnnxExportOptions { TopK = 1 });
        using var loaded = _context.Model.LoadConformer(path);
        var copy = _folder.File("copy.onnx");

        var error = Assert.ThrowsException<InvalidOperationException>(() => loaded.SaveAsOnnx(
            copy, new OnnxExportOptions { DynamicImageSize = true, AdditionalOutputs = OnnxOutputs.AttentionMaps }));

        StringAssert.Contains(error.Message, "DynamicImageSize = true, AdditionalOutputs = AttentionMaps");
        StringAssert.Contains(error.Message, "the model that Fit returned");
        Assert.AreEqual(0, Directory.GetFiles(_folder.Path, "copy*").Length);
        loaded.SaveAsOnnx(copy, new OnnxExportOptions());
        CollectionAssert.AreEqual(File.ReadAllBytes(path), File.ReadAllBytes(copy));
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
