using Microsoft.ML.Conformer.Tests.Onnx;
using Microsoft.ML.Conformer.Tests.Onnx.Format;
using Microsoft.ML.Conformer.Tests.Scoring;
using static Microsoft.ML.Conformer.Tests.Evaluation.EvaluatedModel;

namespace Microsoft.ML.Conformer.Tests.Evaluation;

/// <summary>Files at a temperature: scores, what they say of it, and what is made of them.</summary>
[TestClass]
public sealed class TemperatureTests
{
    private const double T = 2.5;

    private static readonly TemporaryFolder _folder = new();
    private static ImageClassifierTransformer _model = null!;
    private static List<float[]> _scores = null!;

    [ClassInitialize]
    public static void CreateModel(TestContext _)
    {
        _model = Create();
        _scores = Scores(_model);
    }

    [ClassCleanup]
    public static void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    /// <summary>Fewer bits round smaller logits by no more in proportion: as near as at the temperature 1.</summary>
    [TestMethod]
    [DataRow(OnnxPrecision.Float32, 1e-5)]
    [DataRow(OnnxPrecision.Float16, 0.01)]
    [DataRow(OnnxPrecision.Int8, 0.05)]
    public void TheScoresAreTheSoftmaxOfTheDividedLogits(OnnxPrecision precision, double bound)
    {
        using var file = Load(Save(_model, $"{precision}.onnx", T, precision));

        Assert.AreEqual(T, file.Temperature);
        Assert.IsTrue(ScoringModel.Difference(AtTemperature(_scores, T), Scores(file)) < bound);
        Assert.IsTrue(ScoringModel.Difference(_scores, Scores(file)) > 4 * bound, "a temperature must change scores");
        Assert.AreEqual(1, _model.Temperature);
    }

    [TestMethod]
    public void TheLogitsOfTheHeadsAreDividedToo()
    {
        using var file = Load(Save(_model, "branches.onnx", T));
        var (before, after) = (Evaluate(_model), Evaluate(file));
        foreach (var (plain, divided) in before.Branches.Zip(after.Branches))
        {
            Assert.AreEqual(plain.Metrics.Accuracy, divided.Metrics.Accuracy, plain.Name);
            Assert.AreNotEqual(plain.Metrics.LogLoss, divided.Metrics.LogLoss, 1e-3, plain.Name);
        }
        Assert.AreEqual(before.MetricsAt(T).LogLoss, after.Metrics.LogLoss, Rounding);
    }

    [TestMethod]
    public void ExportingAgainKeepsTheTemperatureAndAnotherMultiplies()
    {
        using var first = Load(Save(_model, "first.onnx", T));

        foreach (var (name, temperature, expected) in new (string, double?, double)[]
        {
            ("again.onnx", null, T), ("half.onnx", 0.5, T * 0.5), ("back.onnx", 1 / T, 1), ("same.onnx", 1, T),
        })
        {
            using var second = Load(Save(first, name, temperature));
            Assert.AreEqual(expected, second.Temperature, 1e-12, name);
            Assert.IsTrue(ScoringModel.Difference(AtTemperature(_scores, expected), Scores(second)) < Rounding, name);
        }
        first.SaveAsOnnx(_folder.File("copy.onnx"));
        CollectionAssert.AreEqual(File.ReadAllBytes(_folder.File("first.onnx")), File.ReadAllBytes(_folder.File("copy.onnx")));
    }

    [TestMethod]
    public void AZipOfALoadedFileKeepsIt()
    {
        using var file = Load(Save(_model, "for-zip.onnx", T));
        var zip = _folder.File("model.zip");
        Context.Model.Save(file, LabeledData.Schema, zip);

        using var loaded = Load(zip);
        var builtIn = Context.Model.Load(zip, out _);
        using var disposable = (IDisposable)builtIn;

        var expected = AtTemperature(_scores, T);
        Assert.AreEqual(T, loaded.Temperature);
        Assert.IsTrue(ScoringModel.Difference(expected, Scores(loaded)) < Rounding);
        // ML.NET resizes in a way of its own: photos of the network's size are the same for both.
        var small = Photo.Set(9, width: Photo.Side, height: Photo.Side);
        var scores = ScoringModel.Scores(file.Transform(Photo.View(Context, small)));
        Assert.IsTrue(ScoringModel.Difference(scores, ScoringModel.Scores(builtIn.Transform(Photo.View(Context, small)))) < Rounding);
    }

    [TestMethod]
    public void ACalibratedFileFitsATemperatureOfOne()
    {
        // Labels that are mostly those predicted, so that there is a best temperature.
        var photos = Photos.Select((photo, row) => new Photo
        {
            Image = photo.Image,
            Label = row % 5 == 0 ? photo.Label : Photo.Classes[Array.IndexOf(_scores[row], _scores[row].Max())],
        }).ToList();
        var data = Photo.View(Context, photos);
        var fit = Context.MulticlassClassification.EvaluateImages(_model, data, Quick).Calibration;
        Assert.IsTrue(fit.Temperature is > 0 and not (> 0.99 and < 1.01), $"{fit}");

        using var calibrated = Load(Save(_model, "calibrated.onnx", fit.Temperature));
        var again = Context.MulticlassClassification.EvaluateImages(calibrated, data, Quick);

        Assert.AreEqual(1, again.Calibration.Temperature!.Value, 1e-3);
        Assert.AreEqual(fit.LogLossAfter, again.Metrics.LogLoss, Rounding);
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(-1)]
    [DataRow(9e-7)]
    [DataRow(2e6)]
    [DataRow(double.NaN)]
    [DataRow(double.PositiveInfinity)]
    public void ATemperatureThatIsNoneIsAFault(double temperature)
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => Save(_model, "fault.onnx", temperature));

        StringAssert.Contains(error.Message, "Temperature is");
        StringAssert.Contains(error.Message, "it must be 1E-06 to 1000000");
        Assert.IsFalse(File.Exists(_folder.File("fault.onnx")));
    }

    [TestMethod]
    [DataRow("1e305", 1e5)]
    [DataRow("1e-320", 1e-6)]
    public void ATemperatureThatNoFileCouldSayIsAnError(string stored, double temperature)
    {
        File.WriteAllBytes(_folder.File("far.onnx"), Entry(Save(_model, "plain.onnx", null), stored));
        using var far = Load(_folder.File("far.onnx"));

        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => Save(far, "beyond.onnx", temperature)).Message, "beyond the range of numbers");

        Assert.IsFalse(File.Exists(_folder.File("beyond.onnx")));
    }

    [TestMethod]
    public void AHeadThatWouldNotBeFiniteIsAnErrorAndNothingIsWritten()
    {
        var weights = ExportedGraph.Weights(ScoringModel.Architecture).Multiply("conv_cls_head.weight", 1e36);
        using var model = new ImageClassifierTransformer(
            Context, Trained() with { Weights = weights }, new ScoringOptions(), summary: null);

        Assert.ThrowsExactly<OnnxExportException>(() => Save(model, "infinite.onnx", 1e-6));
        Assert.IsFalse(File.Exists(_folder.File("infinite.onnx")));
    }

    private static string Save(
        ImageClassifierTransformer model, string name, double? temperature, OnnxPrecision precision = OnnxPrecision.Float32)
    {
        var path = _folder.File(name);
        model.SaveAsOnnx(
            path, new OnnxExportOptions { Temperature = temperature, Precision = precision, CalibrationImages = LabeledData });
        return path;
    }

    private static byte[] Entry(string path, string temperature) =>
        OnnxEntries.With(File.ReadAllBytes(path), "conformer.temperature", temperature);

    private static ImageClassifierTransformer Load(string path) => Context.Model.LoadImageClassifier(path);

    private static ImageEvaluation Evaluate(ImageClassifierTransformer model) =>
        Context.MulticlassClassification.EvaluateImages(model, LabeledData, Quick);

    /// <summary>Logits are the logarithms of probabilities but for a number added to all, which the softmax takes away.</summary>
    private static List<float[]> AtTemperature(List<float[]> scores, double temperature) => scores.ConvertAll(row =>
    {
        var powers = row.Select(score => Math.Pow(score, 1 / temperature)).ToArray();
        return powers.Select(power => (float)(power / powers.Sum())).ToArray();
    });
}
