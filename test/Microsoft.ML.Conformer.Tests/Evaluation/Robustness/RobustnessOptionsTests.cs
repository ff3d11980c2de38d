using Microsoft.ML.Conformer.Models;
using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Tests.Explain;
using Microsoft.ML.Conformer.Tests.Goldens;
using Microsoft.ML.Conformer.Tests.Onnx;
using Microsoft.ML.Conformer.Tests.Scoring;
using static Microsoft.ML.Conformer.Tests.Evaluation.EvaluatedModel;

namespace Microsoft.ML.Conformer.Tests.Evaluation.Robustness;

/// <summary>What EvaluateImageRobustness takes, and which sizes a network is shown.</summary>
[TestClass]
public sealed class RobustnessOptionsTests
{
    private static readonly Dictionary<ImageDistortionKind, IReadOnlyList<double>> _none = [];

    [TestMethod]
    public void TheDefaultSizesAreMultiplesOfAPatchAroundTheNetworksOwn()
    {
        CollectionAssert.AreEqual((int[])[48], new RobustnessOptions().SizesFor(Trained()).ToArray());
        CollectionAssert.AreEqual(
            (int[])[112, 144, 160, 192, 256, 288, 336], new RobustnessOptions().SizesFor(Trained() with { ImageSize = 224 }).ToArray());
    }

    [TestMethod]
    public void AFixedPositionEmbeddingTakesOneSize()
    {
        var architecture = ScoringModel.Architecture with { PositionEmbeddingImageSize = Photo.Side };
        var trained = Trained() with { Architecture = architecture, Weights = new WithZeros(architecture) };
        using var model = new ImageClassifierTransformer(Context, trained, new ScoringOptions(), summary: null);

        Assert.IsEmpty(new RobustnessOptions().SizesFor(trained));
        var error = Assert.ThrowsExactly<ArgumentException>(() => Evaluate(model, [48, 32, 64])).Message;

        foreach (var size in (int[])[48, 64])
            StringAssert.Contains(error, $"ImageSizes has {size}. The image is {size} x {size} pixels; the network takes only 32 x 32.");
        Assert.IsFalse(error.Contains("ImageSizes has 32", StringComparison.Ordinal), error);
        Assert.AreEqual(32, Evaluate(model, [32]).Curves.Single().Points.Single().Value);
    }

    [TestMethod]
    public void AConTNetTakesWhatItsWindowsDivide()
    {
        using var model = ExplainedModel.Create(Context, ExplainedModel.ConTNet);
        Assert.IsEmpty(Evaluate(model, sizes: null).Curves);

        var error = Assert.ThrowsExactly<ArgumentException>(() => Evaluate(model, [128, 48, 96])).Message;

        foreach (var size in (int[])[48, 96])
            StringAssert.Contains(error, $"ImageSizes has {size}. ");
        Assert.IsFalse(error.Contains("ImageSizes has 128", StringComparison.Ordinal), error);
        var curve = Evaluate(model, [128]).Curves.Single();
        CollectionAssert.AreEqual((double[])[64, 128], curve.Points.Select(point => point.Value).ToArray());
    }

    [TestMethod]
    public void AModelIn16BitsHasNoSizesAndAskingForAnyIsAnErrorBeforeTheWork()
    {
        using var whole = Create();
        using var file = new MemoryStream();
        whole.SaveAsOnnx(file, new OnnxExportOptions { Precision = OnnxPrecision.Float16 });
        file.Position = 0;
        using var model = Context.Model.LoadImageClassifier(file);

        Assert.IsEmpty(Evaluate(model, sizes: null).Curves);
        Assert.AreEqual("sum", Evaluate(model, [32]).Branches.Single());
        var reports = 0;
        var error = Assert.ThrowsExactly<InvalidOperationException>(
            () => Evaluate(model, [32, 48], new Reports(_ => reports++)));

        StringAssert.Contains(error.Message, "ImageSizes");
        StringAssert.Contains(error.Message, "32-bit floats");
        Assert.AreEqual(0, reports);
    }

    [TestMethod]
    public void AllFaultsAreListedTogether()
    {
        using var model = Create();
        var options = new RobustnessOptions
        {
            LabelColumnName = " ",
            Distortions = new Dictionary<ImageDistortionKind, IReadOnlyList<double>>
            {
                [ImageDistortionKind.Rotation] = [double.NaN, 30],
                [ImageDistortionKind.JpegQuality] = [0, 50.5],
                [(ImageDistortionKind)99] = [1],
            },
            ImageSizes = [0, 48, 5000],
        };

        var error = Assert.ThrowsExactly<ArgumentException>(
            () => Context.MulticlassClassification.EvaluateImageRobustness(model, LabeledData, options)).Message;

        foreach (var fault in (string[])[
            "LabelColumnName is empty", "Rotation is NaN", "JpegQuality is 0", "JpegQuality is 50.5", "The distortion is 99",
            "ImageSizes is 0", "ImageSizes is 5000"])
            StringAssert.Contains(error, fault);
        Assert.IsFalse(error.Contains("30", StringComparison.Ordinal), error);
    }

    [TestMethod]
    public void EmptyDataAreAnError()
    {
        using var model = Create();

        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => Context.MulticlassClassification.EvaluateImageRobustness(
            model, Context.Data.LoadFromEnumerable(new List<Photo>()))).Message, "There is no image to evaluate");
    }

    [TestMethod]
    public void ACanceledEvaluationEnds()
    {
        using var canceling = new CancellationTokenSource();
        using var model = Create(new ScoringOptions { MaxBatchSize = 4 });
        var seen = 0;

        Assert.ThrowsExactly<OperationCanceledException>(() => Evaluate(
            model, [48], new Reports(_ =>
            {
                if (++seen == 2)
                    canceling.Cancel();
            }), canceling.Token));

        Assert.AreEqual(2, seen);
    }

    private static ImageRobustness Evaluate(
        ImageClassifierTransformer model, int[]? sizes, IProgress<ImageReadingProgress>? progress = null,
        CancellationToken cancellation = default) =>
        Context.MulticlassClassification.EvaluateImageRobustness(model, LabeledData, new RobustnessOptions
        {
            Distortions = _none,
            ImageSizes = sizes,
            Progress = progress,
            CancellationToken = cancellation,
        });

    private sealed class Reports(Action<ImageReadingProgress> report) : IProgress<ImageReadingProgress>
    {
        public void Report(ImageReadingProgress value) => report(value);
    }

    /// <summary>Weights by formula, which has no rule for a position embedding.</summary>
    private sealed class WithZeros(ConformerArchitecture architecture) : IWeightSource
    {
        private readonly FormulaWeights _formula = ExportedGraph.Weights(architecture);

        public bool Contains(string name) => _formula.Contains(name);

        public IReadOnlyList<long> Shape(string name) => _formula.Shape(name);

        public float[] Read(string name) =>
            name == "pos_embed" ? new float[Shape(name).Aggregate(1L, (x, y) => x * y)] : _formula.Read(name);
    }
}
