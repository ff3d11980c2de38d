using System.Text.Json;
using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Onnx;
using Microsoft.ML.Conformer.Onnx.Sessions;
using Microsoft.ML.Conformer.Tests.Explain;
using Microsoft.ML.Conformer.Tests.Onnx;
using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Data;
using static Microsoft.ML.Conformer.Tests.Evaluation.EvaluatedModel;

namespace Microsoft.ML.Conformer.Tests.Evaluation;

/// <summary>EvaluateImages: its figures against those of the model's scores, computed here.</summary>
[TestClass]
public sealed class ImageEvaluationTests
{
    private static readonly TemporaryFolder _folder = new();
    private static ImageClassifierTransformer _model = null!;

    [ClassInitialize]
    public static void CreateModel(TestContext _) => _model = Create();

    [ClassCleanup]
    public static void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    [TestMethod]
    public void TheFiguresAreThoseOfTheModelsScores()
    {
        var (scores, labels) = (Scores(_model), Labels(Photos));

        var evaluation = Evaluate(_model);

        AssertAre(evaluation.Metrics, scores, labels);
        Assert.IsTrue(evaluation.Metrics.Accuracy is > 0 and < 1, "the test network must be right and wrong");
        Assert.IsTrue(evaluation.Metrics.Classes.Count(one => one.Predicted > 0) > 1, "the test network must tell images apart");
        Assert.AreEqual(1, evaluation.Metrics.TopKAccuracies[^1]);
        foreach (var (image, index) in evaluation.Images.Select((image, index) => (image, index)))
        {
            Assert.AreEqual((Photos[index].Label, null), (image.Label, image.Path));
            Assert.AreEqual(Photo.Classes[Array.IndexOf(scores[index], scores[index].Max())], image.Predicted);
            Assert.AreEqual(scores[index].Max(), image.Confidence, Rounding);
            Assert.AreEqual(scores[index][labels[index]], image.Probability!.Value, Rounding);
        }
        CollectionAssert.AreEqual(Photo.Classes, evaluation.ClassNames.ToArray());
        Assert.AreEqual((0, 0), (evaluation.Skipped.Count, evaluation.UnlabeledCount));
        var mlNet = Context.MulticlassClassification.Evaluate(_model.Transform(LabeledData));
        Assert.AreEqual(mlNet.MicroAccuracy, evaluation.Metrics.Accuracy, 1e-12);
        Assert.AreEqual(mlNet.LogLoss, evaluation.Metrics.LogLoss, Rounding);
    }

    [TestMethod]
    [DataRow(OnnxPrecision.Float32, false)]
    [DataRow(OnnxPrecision.Float32, true)]
    [DataRow(OnnxPrecision.Float16, false)]
    [DataRow(OnnxPrecision.Float16, true)]
    [DataRow(OnnxPrecision.Int8, false)]
    [DataRow(OnnxPrecision.Int8, true)]
    public void AFileOfAnyKindGivesTheFiguresOfItsScoresAndIn32BitsThoseOfTheBranches(OnnxPrecision precision, bool takesPhotos)
    {
        using var file = Exported(new OnnxExportOptions
        {
            Precision = precision,
            IncludePreprocessing = takesPhotos,
            CalibrationImages = LabeledData,
        });

        var evaluation = Evaluate(file);

        AssertAre(evaluation.Metrics, Scores(file), Labels(Photos));
        CollectionAssert.AreEqual(
            precision == OnnxPrecision.Float32 ? (string[])["sum", "conv", "tran"] : ["sum"],
            evaluation.Branches.Select(branch => branch.Name).ToArray());
        Assert.AreEqual(precision == OnnxPrecision.Float32, evaluation.BranchAgreement is not null);
    }

    [TestMethod]
    public void ABranchIsTheSoftmaxOfItsLogitsInAnExportedFile()
    {
        using var file = Exported(new OnnxExportOptions
        {
            DynamicImageSize = true,
            AdditionalOutputs = OnnxOutputs.HeadLogits,
        });
        var byHand = HeadLogits();

        foreach (var evaluation in (ImageEvaluation[])[Evaluate(_model), Evaluate(file)])
        {
            foreach (var branch in evaluation.Branches.Skip(1))
                AssertAre(branch.Metrics, [.. byHand[branch.Name].Select(Softmax)], Labels(Photos));
            var right = evaluation.Branches.Skip(1).Select(branch => byHand[branch.Name]
                .Zip(Labels(Photos), (logits, label) => Array.IndexOf(logits, logits.Max()) == label).ToArray()).ToList();
            var agreement = evaluation.BranchAgreement!;
            Assert.AreEqual(right[0].Zip(right[1]).Count(both => both is { First: true, Second: true }), agreement.BothRight);
            Assert.AreEqual(right[0].Zip(right[1]).Count(both => both is { First: true, Second: false }), agreement.OnlyFirstRight);
            Assert.AreEqual(right[0].Zip(right[1]).Count(both => both is { First: false, Second: true }), agreement.OnlySecondRight);
            Assert.AreEqual(Photos.Count, agreement.BothRight + agreement.OnlyFirstRight + agreement.OnlySecondRight + agreement.BothWrong);
        }
    }

    [TestMethod]
    [DataRow(true, false, 64)]
    [DataRow(false, true, 64)]
    [DataRow(true, true, 7)]
    [DataRow(true, true, 1)]
    public void TestTimeAugmentationIsThatOfScoring(bool flip, bool fiveCrop, int batchSize)
    {
        var plain = Scores(_model);
        using var model = Create(new ScoringOptions { TestTimeFlip = flip, FiveCrop = fiveCrop, MaxBatchSize = batchSize });
        var scores = Scores(model);
        Assert.IsTrue(ScoringModel.Difference(plain, scores) > 100 * Rounding, "augmentation must change scores");

        var evaluation = Evaluate(model);

        AssertAre(evaluation.Metrics, scores, Labels(Photos));
        Assert.AreClose(scores.Select(row => row.Max()), evaluation.Images.Select(image => image.Confidence), Rounding, "confidences");
        Assert.AreEqual(3, evaluation.Branches.Count);
    }

    [TestMethod]
    public void AConTNetHasItsSumAlone()
    {
        using var model = ExplainedModel.Create(Context, ExplainedModel.ConTNet);

        var evaluation = Evaluate(model);

        AssertAre(evaluation.Metrics, Scores(model), Labels(Photos));
        Assert.AreEqual("sum", evaluation.Branches.Single().Name);
        Assert.IsNull(evaluation.BranchAgreement);
    }

    [TestMethod]
    public void ItSerializesToJson()
    {
        var evaluation = Evaluate(_model);
        var path = _folder.File("evaluation.json");
        evaluation.SaveJson(path);

        using var plain = JsonDocument.Parse(JsonSerializer.Serialize(evaluation));
        using var saved = JsonDocument.Parse(File.ReadAllText(path));

        var branch = plain.RootElement.GetProperty("Branches")[2];
        Assert.AreEqual("tran", branch.GetProperty("Name").GetString());
        Assert.AreEqual(evaluation.Branches[2].Metrics.LogLoss, branch.GetProperty("Metrics").GetProperty("LogLoss").GetDouble());
        Assert.AreEqual(
            evaluation.BranchAgreement, plain.RootElement.GetProperty("BranchAgreement").Deserialize<McNemarTest>());
        CollectionAssert.AreEqual(
            evaluation.Images.ToArray(), plain.RootElement.GetProperty("Images").Deserialize<EvaluatedImage[]>());
        var metrics = saved.RootElement.GetProperty("branches")[0].GetProperty("metrics");
        Assert.AreEqual(evaluation.Metrics.Accuracy, metrics.GetProperty("accuracy").GetDouble());
    }

    [TestMethod]
    public void AnotherModelIsComparedOnTheSameImagesOnly()
    {
        var (first, labels) = (Evaluate(_model), Labels(Photos));
        using var other = ExplainedModel.Create(
            Context, ExplainedModel.ConTNet, [.. Photo.Classes.AsEnumerable().Reverse()]);
        var second = Evaluate(other);
        bool[] Right(ImageEvaluation evaluation) => [.. evaluation.Images.Select(image => image.Predicted == image.Label)];

        var test = first.CompareWith(second);

        var pairs = Right(first).Zip(Right(second)).ToList();
        Assert.AreEqual(
            (pairs.Count(one => one is (true, true)), pairs.Count(one => one is (true, false)), pairs.Count(one => one is (false, true))),
            (test.BothRight, test.OnlyFirstRight, test.OnlySecondRight));
        Assert.AreEqual(first.Metrics.Accuracy, (double)(test.BothRight + test.OnlyFirstRight) / Photos.Count, 1e-12);
        Assert.AreEqual(1, first.CompareWith(first).PValue);

        var fewer = Evaluate(_model, Photo.View(Context, Photos.Take(29)));
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => first.CompareWith(fewer)).Message, "is of 29 images");
        var otherOrder = Evaluate(_model, Photo.View(Context, Photos.AsEnumerable().Reverse()));
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => first.CompareWith(otherOrder)).Message, "Image 0 is");
    }

    [TestMethod]
    public void ATemperatureMakesTheMetricsOfTheScoresAtThatTemperature()
    {
        var evaluation = Evaluate(_model);
        var logits = HeadLogits();
        var scores = logits["conv"].Zip(logits["tran"], (x, y) => Softmax([.. x.Zip(y, (a, b) => (a + b) / 2.5f)])).ToList();

        AssertAre(evaluation.MetricsAt(2.5), scores, Labels(Photos));
        AssertAre(evaluation.MetricsAt(1), Scores(_model), Labels(Photos));
        foreach (var wrong in (double[])[0, -1, double.NaN])
            Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => evaluation.MetricsAt(wrong), $"{wrong}");
    }

    private static ImageEvaluation Evaluate(ImageClassifierTransformer model, IDataView? data = null) =>
        Context.MulticlassClassification.EvaluateImages(model, data ?? LabeledData, Quick);

    /// <summary>Each branch's logits of the photos, as ONNX Runtime gives them from an exported file.</summary>
    private static Dictionary<string, float[][]> HeadLogits()
    {
        var model = Trained();
        using var graph = new ExportedGraph(model.Build(
            OnnxInputKind.NormalizedNchw, new OnnxExportOptions { AdditionalOutputs = OnnxOutputs.HeadLogits }, false));
        var input = new NetworkInput(
            model.ImageSize, model.Preprocessing, OnnxInputKind.NormalizedNchw);
        var images = new float[Photos.Count * input.Length];
        foreach (var (photo, index) in Photos.Select((photo, index) => (photo, index)))
            input.Write(RgbImage.FromMLImage(photo.Image!), images.AsSpan(index * input.Length, input.Length));
        return ((string[])["conv", "tran"]).ToDictionary(branch => branch, branch => graph
            .Run<float>($"{branch}_logits", images, Photos.Count, 3, model.ImageSize, model.ImageSize).Chunk(3).ToArray());
    }

    private static float[] Softmax(float[] logits)
    {
        var exponentials = logits.Select(logit => Math.Exp(logit - logits.Max())).ToArray();
        return [.. exponentials.Select(value => (float)(value / exponentials.Sum()))];
    }

    private static ImageClassifierTransformer Exported(OnnxExportOptions options)
    {
        using var file = new MemoryStream();
        _model.SaveAsOnnx(file, options);
        file.Position = 0;
        return Context.Model.LoadImageClassifier(file);
    }
}
