using Microsoft.ML.Conformer.Data.Distortions;
using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Tests.Scoring;
using static Microsoft.ML.Conformer.Tests.Evaluation.EvaluatedModel;

namespace Microsoft.ML.Conformer.Tests.Evaluation.Robustness;

/// <summary>EvaluateImageRobustness: its points against the scores of images that are distorted here.</summary>
[TestClass]
public sealed class RobustnessFiguresTests
{
    private const int Seed = 3;

    private static readonly List<Photo> _photos = [.. Photos.Take(12)];
    private static readonly Dictionary<ImageDistortionKind, IReadOnlyList<double>> _distortions = new()
    {
        [ImageDistortionKind.Rotation] = [90, 0, -45.5],
        [ImageDistortionKind.Scale] = [20],
        [ImageDistortionKind.Blur] = [1.5],
        [ImageDistortionKind.Noise] = [60, 20],
        [ImageDistortionKind.JpegQuality] = [5],
        [ImageDistortionKind.Brightness] = [2, 0.25],
    };

    private static ImageClassifierTransformer _model = null!;
    private static ImageRobustness _robustness = null!;

    [ClassInitialize]
    public static void Evaluate(TestContext _)
    {
        // Batches that do not divide the photos: the noise of an image follows from its number among all.
        _model = Create(new ScoringOptions { MaxBatchSize = 5 });
        _robustness = Evaluate(_model, new RobustnessOptions { Distortions = _distortions, ImageSizes = [64, 32, 48], Seed = Seed });
    }

    [ClassCleanup]
    public static void Dispose() => _model.Dispose();

    [TestMethod]
    public void ThePointsThatChangeNothingAreTheFiguresOfEvaluateImages()
    {
        var evaluation = Context.MulticlassClassification.EvaluateImages(_model, Photo.View(Context, _photos), Quick);
        Assert.IsTrue(evaluation.Metrics.Accuracy is > 0 and < 1, "the test network must be right and wrong");

        CollectionAssert.AreEqual((string[])["sum", "conv", "tran"], _robustness.Branches.ToArray());
        Assert.AreEqual(12, _robustness.ImageCount);
        foreach (var (curve, value) in new[]
        {
            ("Rotation", 0.0), ("Scale", 32), ("Blur", 0), ("Noise", 0), ("Brightness", 1), ("ImageSize", 32),
        })
            AssertIs(evaluation, Curve(curve).Points.Single(point => point.Value == value));
        Assert.IsFalse(Curve("JpegQuality").Points.Any(point => point.Value != 5), "no quality changes nothing");
    }

    [TestMethod]
    public void ADistortedPointIsTheScoreOfImagesThatWereDistortedAfterTheCrop()
    {
        var changed = 0;
        foreach (var (kind, values) in _distortions)
            foreach (var value in values.Where(value => (kind, value) != (ImageDistortionKind.Rotation, 0)))
            {
                var photos = Distort(new ImageDistortion(kind, value, Seed));
                var point = Curve($"{kind}").Points.Single(point => point.Value == value);

                // Images of the network's size are taken as they are.
                AssertIs(photos, _model, point);
                changed += point.MeanConfidence != Curve("ImageSize").Points[0].MeanConfidence ? 1 : 0;
            }
        Assert.AreEqual(9, changed);
    }

    [TestMethod]
    [DataRow(48)]
    [DataRow(64)]
    public void ASizesPointIsTheScoreOfANetworkThatWasBuiltForIt(int size)
    {
        using var model = new ImageClassifierTransformer(Context, Trained() with { ImageSize = size }, new ScoringOptions(), summary: null);

        AssertIs(_photos, model, Curve("ImageSize").Points.Single(point => point.Value == size));
    }

    [TestMethod]
    public void PointsAreSortedByValue()
    {
        Assert.AreEqual(
            "Rotation: -45.5 0 90; Scale: 20 32; Blur: 0 1.5; Noise: 0 20 60; JpegQuality: 5; Brightness: 0.25 1 2; ImageSize: 32 48 64",
            string.Join("; ", _robustness.Curves.Select(curve =>
                FormattableString.Invariant($"{curve.Name}: {string.Join(' ', curve.Points.Select(point => point.Value))}"))));
        CollectionAssert.AreEqual(
            (string[])["degrees", "pixels", "pixels", "levels of 255", "quality", "factor", "pixels"],
            _robustness.Curves.Select(curve => curve.Unit).ToArray());
    }

    [TestMethod]
    public void AValueThatIsGivenTwiceIsOnePoint() => Assert.HasCount(2, Evaluate(_model, new RobustnessOptions
    {
        Distortions = new Dictionary<ImageDistortionKind, IReadOnlyList<double>> { [ImageDistortionKind.Blur] = [2, 2] },
        ImageSizes = [],
    }).Curves.Single().Points);

    [TestMethod]
    public void NoiseIsTheSameForTheSameSeedAndAnotherForAnother()
    {
        using var model = Create(new ScoringOptions { MaxBatchSize = 16 });
        double Confidence(int seed) => Evaluate(model, new RobustnessOptions
        {
            Distortions = new Dictionary<ImageDistortionKind, IReadOnlyList<double>> { [ImageDistortionKind.Noise] = [60] },
            ImageSizes = [],
            Seed = seed,
        }).Curves.Single().Points[^1].MeanConfidence;

        Assert.AreEqual(Curve("Noise").Points[^1].MeanConfidence, Confidence(Seed), Rounding);
        Assert.AreEqual(Confidence(4), Confidence(4));
        Assert.IsTrue(Math.Abs(Confidence(Seed) - Confidence(4)) > 10 * Rounding);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void MirrorImagesAreScoredTooAndFiveCropsAreNot(bool flip)
    {
        var options = new RobustnessOptions
        {
            Distortions = new Dictionary<ImageDistortionKind, IReadOnlyList<double>> { [ImageDistortionKind.Blur] = [1.5] },
            ImageSizes = [48],
        };
        using var model = Create(new ScoringOptions { TestTimeFlip = flip, FiveCrop = true });
        using var center = Create(new ScoringOptions { TestTimeFlip = flip });

        var robustness = Evaluate(model, options);

        AssertIs(_photos, center, robustness.Curves[0].Points[0]);
        AssertIs(Distort(new ImageDistortion(ImageDistortionKind.Blur, 1.5)), center, robustness.Curves[0].Points[1]);
        Assert.AreEqual(
            flip, Math.Abs(robustness.Curves[0].Points[0].MeanConfidence - Curve("Blur").Points[0].MeanConfidence) > 10 * Rounding);
        if (!flip)
            Assert.AreEqual(Curve("ImageSize").Points[1].MeanConfidence, robustness.Curves[1].Points[1].MeanConfidence, Rounding);
    }

    private static ImageRobustness Evaluate(ImageClassifierTransformer model, RobustnessOptions options) =>
        Context.MulticlassClassification.EvaluateImageRobustness(model, Photo.View(Context, _photos), options);

    private static RobustnessCurve Curve(string name) => _robustness.Curves.Single(curve => curve.Name == name);

    private static List<Photo> Distort(ImageDistortion distortion)
    {
        var crops = new ImagePreprocessor(Photo.Side, Trained().Preprocessing);
        return [.. _photos.Select((photo, number) =>
        {
            var pixels = new byte[crops.ByteCount];
            crops.CenterCrop(RgbImage.FromMLImage(photo.Image!), pixels);
            return new Photo
            {
                Image = distortion.Apply(new RgbImage(Photo.Side, Photo.Side, pixels), number).ToMLImage(),
                Label = photo.Label,
            };
        })];
    }

    /// <summary>The sum's figures are those of the scores of Transform, and the branches' those of EvaluateImages.</summary>
    private static void AssertIs(List<Photo> photos, ImageClassifierTransformer model, RobustnessPoint point)
    {
        var view = Photo.View(Context, photos);
        var scores = ScoringModel.Scores(model.Transform(view));
        var right = scores.Zip(Labels(photos), (row, label) => Array.IndexOf(row, row.Max()) == label ? 1.0 : 0);
        Assert.AreEqual(right.Average(), point.Accuracies[0], 1e-12);
        Assert.AreEqual(scores.Average(row => (double)row.Max()), point.MeanConfidence, Rounding);
        AssertIs(Context.MulticlassClassification.EvaluateImages(model, view, Quick), point);
    }

    private static void AssertIs(ImageEvaluation evaluation, RobustnessPoint point)
    {
        Assert.AreClose(
            evaluation.Branches.Select(branch => branch.Metrics.Accuracy), point.Accuracies, 1e-12, $"accuracies at {point.Value}");
        Assert.AreEqual(evaluation.Metrics.MeanConfidence, point.MeanConfidence, Rounding);
    }
}
