using Microsoft.ML.Conformer.Models;
using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Tests.Evaluation;

/// <summary>A small network to evaluate, and a second way to each figure: the scores of Transform.</summary>
internal static class EvaluatedModel
{
    /// <summary>Room for ONNX Runtime's kernels, which sum in another order for another batch size.</summary>
    public const double Rounding = 1e-5;

    public static readonly MLContext Context = new(seed: 1);

    /// <summary>A network of formula weights is right by chance: some are predicted right, some wrong.</summary>
    public static readonly List<Photo> Photos = Photo.Set(30, width: 50, height: 40);

    public static IDataView LabeledData => Photo.View(Context, Photos);

    /// <summary>Few resamples, as these tests are not of the intervals.</summary>
    public static ImageEvaluationOptions Quick => new() { Resamples = 10 };

    public static ImageClassifierTransformer Create(ScoringOptions? options = null) =>
        new(Context, Trained(), options ?? new ScoringOptions(), summary: null);

    public static TrainedModel Trained() => ScoringModel.TrainedOn(LabeledData);

    public static List<float[]> Scores(ImageClassifierTransformer model) => ScoringModel.Scores(model.Transform(LabeledData));

    /// <summary>The figures that follow from scores in the order of the model's classes.</summary>
    /// <param name="metrics">What was measured.</param>
    /// <param name="scores">Of each image the probability of each class.</param>
    /// <param name="labels">Their class indices.</param>
    public static void AssertAre(ImageClassificationMetrics metrics, IReadOnlyList<float[]> scores, IReadOnlyList<int> labels)
    {
        var rows = scores.Zip(labels, (row, label) => (Row: row, Label: label)).ToList();
        Assert.AreEqual(rows.Count, metrics.ImageCount);
        Assert.AreEqual(
            rows.Average(one => Array.IndexOf(one.Row, one.Row.Max()) == one.Label ? 1.0 : 0), metrics.Accuracy, 1e-12, "accuracy");
        Assert.AreEqual(rows.Average(one => -Math.Log(one.Row[one.Label])), metrics.LogLoss, Rounding, "log loss");
        Assert.AreEqual(rows.Average(one => (double)one.Row.Max()), metrics.MeanConfidence, Rounding, "confidence");
    }

    /// <summary>The classes of the photos, as indices of the model's.</summary>
    public static int[] Labels(IEnumerable<Photo> photos) => [.. photos.Select(photo => Array.IndexOf(Photo.Classes, photo.Label))];
}
