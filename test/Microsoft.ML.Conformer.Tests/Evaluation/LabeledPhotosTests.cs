using Microsoft.ML.Conformer.Tests.Data.Images;
using Microsoft.ML.Conformer.Tests.Onnx;
using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using static Microsoft.ML.Conformer.Tests.Evaluation.EvaluatedModel;

namespace Microsoft.ML.Conformer.Tests.Evaluation;

/// <summary>What EvaluateImages reads: labels of all types, rows without one, images that cannot be used.</summary>
[TestClass]
public sealed class LabeledPhotosTests
{
    private static readonly TemporaryFolder _folder = new();
    private static ImageClassifierTransformer _model = null!;
    private static ImageEvaluation _expected = null!;

    [ClassInitialize]
    public static void Evaluate(TestContext _)
    {
        _model = Create();
        _expected = Evaluate(_model, LabeledData);
    }

    [ClassCleanup]
    public static void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    [TestMethod]
    public void TextAndKeysInAnyOrderGiveTheSame()
    {
        var text = Context.Data.LoadFromEnumerable(Photos);
        var byOccurrence = Context.Transforms.Conversion.MapValueToKey("Label").Fit(text).Transform(text);
        // A key that has more values than the model has classes.
        string[] colors = ["violet", "red", "blue", "green"];
        var names = Context.Data.LoadFromEnumerable(colors.Select(name => new Name { Value = name }));
        var more = Context.Transforms.Conversion.MapValueToKey("Label", keyData: names).Fit(text).Transform(text);

        foreach (var data in (IDataView[])[text, byOccurrence, more])
            AssertSame(Evaluate(_model, data));
        Assert.AreEqual("blue, green, red", string.Join(", ", _model.ClassNames));
    }

    [TestMethod]
    public void KeysWithoutValuesAreTheModelsClassesInTheirOrder()
    {
        // A key's property counts from 0.
        var labels = Labels(Photos);
        var keyed = Context.Data.LoadFromEnumerable(
            Photos.Select((photo, row) => new KeyedPhoto { Image = photo.Image, Label = (uint)labels[row] }));

        AssertSame(Evaluate(_model, keyed));

        var four = Context.Data.LoadFromEnumerable(Photos.Select(photo => new FourKeyed { Image = photo.Image, Label = 1 }));
        var any = Context.Data.LoadFromEnumerable(Photos.Select(photo => new AnyKeyed { Image = photo.Image, Label = 1 }));
        foreach (var (data, count) in new[] { (four, "4"), (any, $"{uint.MaxValue}") })
            StringAssert.Contains(
                Assert.ThrowsExactly<ArgumentException>(() => Evaluate(_model, data)).Message, $"a key of {count} values without names");
    }

    [TestMethod]
    public void NumbersAreTheModelsClassesByTheirNames()
    {
        var labels = Labels(Photos);
        var numbered = Context.Data.LoadFromEnumerable(
            Photos.Select((photo, row) => new NumberedPhoto { Image = photo.Image, Label = 10 * labels[row] }));
        // The classes are in the order of their occurrence here: 0, 10, 20.
        var keyed = Context.Transforms.Conversion.MapValueToKey("Label").Fit(numbered).Transform(numbered);
        using var model = ScoringModel.Create(keyed);
        CollectionAssert.AreEqual((string[])["0", "10", "20"], model.ClassNames.ToArray());
        var scores = ScoringModel.Scores(model.Transform(keyed));

        AssertAre(Evaluate(model, numbered).Metrics, scores, labels);
        AssertAre(Evaluate(model, keyed).Metrics, scores, labels);
        var real = Context.Data.LoadFromEnumerable(Photos.Select((photo, row) => new RealPhoto
        {
            Image = photo.Image,
            Label = row == 4 ? float.NaN : 10 * labels[row],
        }));
        var evaluation = Evaluate(model, real);
        Assert.AreEqual((29, 1), (evaluation.Images.Count, evaluation.UnlabeledCount));
    }

    [TestMethod]
    public void RowsWithoutALabelAreCountedAndLeftOut()
    {
        var photos = Relabeled((row, label) => row % 10 == 3 ? "" : label);
        var known = Photos.Where((_, row) => row % 10 != 3).ToList();
        var scores = Scores(_model).Where((_, row) => row % 10 != 3).ToList();
        var text = Context.Data.LoadFromEnumerable(photos);

        // A label that is no value of the key is missing.
        foreach (var data in (IDataView[])[text, Photo.View(Context, photos)])
        {
            var evaluation = Evaluate(_model, data);

            Assert.AreEqual((27, 3), (evaluation.Images.Count, evaluation.UnlabeledCount));
            AssertAre(evaluation.Metrics, scores, Labels(known));
        }
    }

    [TestMethod]
    public void ImagesOfNoneOfTheClassesCountForRejectionAlone()
    {
        var data = Context.Data.LoadFromEnumerable(Relabeled((row, label) => row < 10 ? "weed" : label));
        var options = Quick;
        options.NoneLabel = "weed";

        var evaluation = Evaluate(_model, data, options);

        AssertAre(evaluation.Metrics, [.. Scores(_model).Skip(10)], Labels(Photos.Skip(10)));
        Assert.AreEqual(30, evaluation.Images.Count);
        foreach (var image in evaluation.Images.Take(10))
            Assert.AreEqual((null, null), (image.Label, image.Probability));
        var (known, unknown) = (evaluation.Images.Skip(10), evaluation.Images.Take(10));
        foreach (var point in evaluation.Rejection.Points.Skip(1))
        {
            Assert.AreEqual(known.Average(image => image.Confidence >= point.Threshold ? 1.0 : 0), point.Coverage, 1e-12);
            Assert.AreEqual(unknown.Average(image => image.Confidence < point.Threshold ? 1.0 : 0), point.UnknownRejected!.Value, 1e-12);
        }
        options.NoneLabel = "red";
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => Evaluate(_model, data, options)).Message,
            "NoneLabel is 'red', which is a class of the model");
        options.NoneLabel = "weed";
        var none = Context.Data.LoadFromEnumerable(Relabeled((_, _) => "weed"));
        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidDataException>(() => Evaluate(_model, none, options)).Message, "30 are of none of the classes");
    }

    /// <summary>What is not measured with them is not disturbed by them either.</summary>
    [TestMethod]
    public void ImagesOfNoneOfTheClassesAreLeftOutWhereTheyAreDistorted()
    {
        var options = new RobustnessOptions
        {
            NoneLabel = "weed",
            Distortions = new Dictionary<ImageDistortionKind, IReadOnlyList<double>> { [ImageDistortionKind.Brightness] = [0.5] },
            ImageSizes = [],
        };
        ImageRobustness Evaluate(IDataView data) => Context.MulticlassClassification.EvaluateImageRobustness(_model, data, options);

        var withNone = Evaluate(Context.Data.LoadFromEnumerable(Relabeled((row, label) => row < 10 ? "weed" : label)));
        var without = Evaluate(Context.Data.LoadFromEnumerable(Relabeled((_, label) => label).Skip(10)));

        Assert.AreEqual(20, withNone.ImageCount);
        Assert.AreEqual(without.Summary, withNone.Summary);
        var unlabeled = Evaluate(Context.Data.LoadFromEnumerable(Relabeled((row, label) => row < 3 ? "" : label)));
        Assert.AreEqual((27, 3), (unlabeled.ImageCount, unlabeled.UnlabeledCount));
    }

    [TestMethod]
    public void ScoresThatAreNotFiniteAreAnErrorThatNamesTheImage()
    {
        var file = _folder.File("photo.png");
        File.WriteAllBytes(file, FormulaImage.File(".png"));
        var data = Context.Data.LoadFromEnumerable([new LabeledFile { Image = file, Label = Photo.Classes[0] }]);
        // Each logit is finite; their products in the head are not.
        var weights = ExportedGraph.Weights(ScoringModel.Architecture).Multiply("conv_cls_head.weight", 1e30)
            .Multiply("bn1.weight", 1e10);
        using var model = new ImageClassifierTransformer(
            Context, Trained() with { Weights = weights }, new ScoringOptions(), summary: null);
        using var explainer = model.CreateExplainer();

        foreach (var score in (Action[])[
            () => Evaluate(model, data), () => Context.MulticlassClassification.EvaluateImageRobustness(model, data),
            () => explainer.Explain(file)])
            StringAssert.Contains(
                Assert.ThrowsExactly<InvalidDataException>(score).Message, $"The network's scores of '{file}' are not finite numbers");
    }

    [TestMethod]
    public void ALabelThatIsNoClassIsNamed()
    {
        var data = Context.Data.LoadFromEnumerable(Relabeled((row, label) => row == 7 ? "vio\u001blet" : label));

        var error = Assert.ThrowsExactly<InvalidDataException>(() => Evaluate(_model, data));

        StringAssert.Contains(error.Message, "The label 'vio");
        Assert.IsFalse(error.Message.Contains('\u001b'));
        StringAssert.Contains(error.Message, "blue, green, red");
        StringAssert.Contains(error.Message, "NoneLabel");
    }

    [TestMethod]
    [DataRow(BadImagePolicy.Throw)]
    [DataRow(BadImagePolicy.Skip)]
    public void ABadImageIsAnErrorThatNamesItOrIsSkipped(BadImagePolicy policy)
    {
        var (good, bad) = (_folder.File("good.png"), _folder.File("bad.png"));
        File.WriteAllBytes(good, FormulaImage.File(".png"));
        File.WriteAllText(bad, "This is no image, but has more bytes than an image's header.");
        var files = Context.Data.LoadFromEnumerable(((string[])[good, bad, _folder.File("absent.png"), good])
            .Select((path, row) => new LabeledFile { Image = path, Label = Photo.Classes[row % 3] }));
        using var model = Create(new ScoringOptions { BadImages = policy });

        if (policy == BadImagePolicy.Throw)
        {
            StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => Evaluate(model, files)).Message, bad);
            return;
        }
        var evaluation = Evaluate(model, files);

        CollectionAssert.AreEqual((string?[])[good, good], evaluation.Images.Select(image => image.Path).ToArray());
        Assert.AreEqual(
            $"evaluation 1 {bad} green; evaluation 2 {_folder.File("absent.png")} red",
            string.Join("; ", evaluation.Skipped.Select(skipped => $"{skipped.Role} {skipped.Row} {skipped.Path} {skipped.ClassName}")));
        Assert.IsTrue(evaluation.Skipped.All(skipped => skipped.Reason.Length > 0));
    }

    [TestMethod]
    public void EmptyDataAreAnError()
    {
        foreach (var data in (IDataView[])[
            Context.Data.LoadFromEnumerable(new List<Photo>()), Context.Data.LoadFromEnumerable(Relabeled((_, _) => ""))])
            StringAssert.Contains(
                Assert.ThrowsExactly<InvalidDataException>(() => Evaluate(_model, data)).Message, "There is no image to evaluate");
    }

    [TestMethod]
    public void ACanceledEvaluationEnds()
    {
        using var canceling = new CancellationTokenSource();
        var options = Quick;
        options.CancellationToken = canceling.Token;
        var seen = new List<ImageReadingProgress>();
        options.Progress = new Reports(progress =>
        {
            seen.Add(progress);
            if (seen.Count == 2)
                canceling.Cancel();
        });
        using var model = Create(new ScoringOptions { MaxBatchSize = 4 });

        Assert.ThrowsExactly<OperationCanceledException>(() => Evaluate(model, LabeledData, options));

        Assert.AreEqual(2, seen.Count);
    }

    [TestMethod]
    public void MissingColumnsAndFaultsOfTheOptionsAreNamed()
    {
        var noImage = Context.Data.LoadFromEnumerable([new Name { Value = "red" }]);
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => Evaluate(_model, noImage)).Message, "There is no image column 'Image'");
        var options = new ImageEvaluationOptions
        {
            LabelColumnName = " ",
            TopK = 0,
            CalibrationBins = 0,
            Resamples = 0,
            ConfidenceLevel = double.NaN,
        };
        var error = Assert.ThrowsExactly<ArgumentException>(
            () => Evaluate(_model, LabeledData, options));
        foreach (var fault in (string[])[
            "LabelColumnName is empty", "TopK is 0", "CalibrationBins is 0", "Resamples is 0", "ConfidenceLevel"])
            StringAssert.Contains(error.Message, fault);
        var other = Quick;
        other.LabelColumnName = "Class";
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => Evaluate(_model, LabeledData, other)).Message, "There is no label column 'Class'");
        var model = Create();
        model.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => Evaluate(model, LabeledData));
    }

    private static ImageEvaluation Evaluate(ImageClassifierTransformer model, IDataView data, ImageEvaluationOptions? options = null) =>
        Context.MulticlassClassification.EvaluateImages(model, data, options ?? Quick);

    private static void AssertSame(ImageEvaluation evaluation)
    {
        Assert.AreEqual(_expected.Metrics.Accuracy, evaluation.Metrics.Accuracy);
        Assert.AreEqual(_expected.Metrics.LogLoss, evaluation.Metrics.LogLoss, Rounding);
        CollectionAssert.AreEqual(
            _expected.Images.Select(image => image.Label).ToArray(), evaluation.Images.Select(image => image.Label).ToArray());
    }

    private static List<Photo> Relabeled(Func<int, string, string> label) =>
        [.. Photos.Select((photo, row) => new Photo { Image = photo.Image, Number = row, Label = label(row, photo.Label) })];

    private sealed class Name
    {
        public string Value { get; set; } = "";
    }

    private sealed class LabeledFile
    {
        public string Image { get; set; } = "";

        public string Label { get; set; } = "";
    }

    private sealed class RealPhoto
    {
        [ImageType(Photo.Side, Photo.Side)]
        public MLImage? Image { get; set; }

        public float Label { get; set; }
    }

    private sealed class FourKeyed
    {
        [ImageType(Photo.Side, Photo.Side)]
        public MLImage? Image { get; set; }

        [KeyType(4)]
        public uint Label { get; set; }
    }

    private sealed class AnyKeyed
    {
        [ImageType(Photo.Side, Photo.Side)]
        public MLImage? Image { get; set; }

        [KeyType(uint.MaxValue)]
        public uint Label { get; set; }
    }

    private sealed class Reports(Action<ImageReadingProgress> report) : IProgress<ImageReadingProgress>
    {
        public void Report(ImageReadingProgress value) => report(value);
    }
}
