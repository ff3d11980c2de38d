using Microsoft.ML.Conformer.Data.Reading;
using Microsoft.ML.Conformer.Onnx;
using Microsoft.ML.Conformer.Onnx.Quantization;
using Microsoft.ML.Conformer.Onnx.Sessions;
using Microsoft.ML.Conformer.Tests.Data.Images;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Tests.Scoring;

/// <summary>Scoring of files that ML.NET's decoder takes in silence, in batches and in a PredictionEngine.</summary>
[TestClass]
public sealed class UnusableImageFileTests
{
    private const string Truncated = "It is truncated: a part of its pixels is missing.";
    private const string TooLarge = "It has 65000x65000 pixels; at most 178956970 are read";

    private static readonly MLContext _context = new(seed: 1);
    private static readonly TemporaryFolder _folder = new();
    private static string _model = null!;

    [ClassInitialize]
    public static void SaveModelAndImages(TestContext _)
    {
        _model = _folder.File("model.onnx");
        using var model = ScoringModel.Create(Photo.View(_context, Photo.Set(3)));
        model.SaveAsOnnx(_model);

        File.WriteAllBytes(_folder.File("good.png"), FormulaImage.File(".png"));
        foreach (var extension in ImageFileBytes.Extensions)
        {
            var whole = FormulaImage.File(extension);
            File.WriteAllBytes(_folder.File("cut" + extension), whole[..(int)(0.9 * whole.Length)]);
        }
        File.WriteAllBytes(_folder.File("large.gif"), ImageFileBytes.GifThatClaims(65_000, 65_000));
    }

    [ClassCleanup]
    public static void DeleteFolder() => _folder.Dispose();

    [TestMethod]
    [DataRow("cut.jpg", Truncated)]
    [DataRow("cut.png", Truncated)]
    [DataRow("cut.webp", Truncated)]
    [DataRow("cut.bmp", Truncated)]
    [DataRow("cut.gif", Truncated)]
    [DataRow("large.gif", TooLarge)]
    public void TheErrorNamesTheFileAndWhatIsWrongWithIt(string name, string reason)
    {
        using var model = _context.Model.LoadImageClassifier(_model);
        using var engine = Engine(model);

        foreach (var error in (Exception[])
        [
            Assert.ThrowsExactly<InvalidDataException>(() => ScoringModel.Scores(model.Transform(Images("good.png", name)))),
            Assert.ThrowsExactly<InvalidDataException>(() => engine.Predict(Row(name))),
        ])
        {
            StringAssert.Contains(error.Message, _folder.File(name));
            StringAssert.Contains(error.Message, reason);
        }
    }

    [TestMethod]
    [DataRow("cut.jpg")]
    [DataRow("cut.png")]
    [DataRow("cut.webp")]
    [DataRow("cut.bmp")]
    [DataRow("cut.gif")]
    [DataRow("large.gif")]
    public void UnderTheSkipPolicyItsScoresAreNaNAndTheOthersTheirOwn(string name)
    {
        using var model = _context.Model.LoadImageClassifier(_model, new ScoringOptions { BadImages = BadImagePolicy.Skip });
        using var engine = Engine(model);
        var expected = ScoringModel.Scores(model.Transform(Images("good.png"))).Single();

        var scores = ScoringModel.Scores(model.Transform(Images("good.png", name, "good.png")));

        Assert.IsTrue(scores[1].All(float.IsNaN) && engine.Predict(Row(name)).Score.All(float.IsNaN));
        foreach (var score in (float[][])[scores[0], scores[2], engine.Predict(Row("good.png")).Score])
            Assert.IsTrue(ScoringModel.Difference([expected], [score]) < 1e-5);
    }

    [TestMethod]
    [DataRow("cut.jpg", Truncated)]
    [DataRow("large.gif", TooLarge)]
    public void CalibrationNamesTheFileToo(string name, string reason)
    {
        var images = new CalibrationImages(Images(name), "Image", new NetworkInput(Photo.Side, new(), OnnxInputKind.PixelsNhwc));

        var error = Assert.ThrowsExactly<InvalidDataException>(() => images.Read().First());

        StringAssert.Contains(error.Message, _folder.File(name));
        StringAssert.Contains(error.Message, reason);
    }

    private static PredictionEngine<ImageRow, ScoreOnly> Engine(ITransformer model) =>
        _context.Model.CreatePredictionEngine<ImageRow, ScoreOnly>(
            Loading(_context.Data.LoadFromEnumerable([Row("good.png")])).Append(model),
            new PredictionEngineOptions { OwnsTransformer = false });

    private static IDataView Images(params string[] names)
    {
        var data = _context.Data.LoadFromEnumerable(names.Select(Row));
        return Loading(data).Transform(data);
    }

    private static ITransformer Loading(IDataView data) => _context.Transforms.LoadImages("Image", "", "ImagePath").Fit(data);

    private static ImageRow Row(string name) => new() { ImagePath = _folder.File(name) };

    private sealed class ImageRow
    {
        public string ImagePath { get; set; } = "";
    }

    private sealed class ScoreOnly
    {
        public float[] Score { get; set; } = [];
    }
}
