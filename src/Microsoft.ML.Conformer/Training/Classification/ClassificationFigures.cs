using System.Runtime.InteropServices;

namespace Microsoft.ML.Conformer.Training.Classification;

/// <summary>A classifier's figures on a data set.</summary>
/// <param name="Accuracy">Fraction 0-1 of images whose highest score is their label's.</param>
/// <param name="Loss">Mean cross entropy of the scores, in nats.</param>
internal sealed record ClassificationFigures(double Accuracy, double Loss)
{
    private const string AccuracyName = "accuracy", LossName = "loss", MacroAccuracyName = "macro_accuracy";

    /// <summary>The figures' names, in the order in which they are written down.</summary>
    public static IReadOnlyList<string> Names { get; } = [AccuracyName, LossName, MacroAccuracyName];

    /// <summary>Mean over the classes that have images of the fraction 0-1 of their images whose highest score is their label's.</summary>
    public double MacroAccuracy { get; init; }

    /// <summary>The class index with the highest score for each image, in the images' order; empty where nobody counted.</summary>
    public IReadOnlyList<long> Predictions { get; init; } = [];

    /// <summary>The figures of scored images, in their order.</summary>
    public static ClassificationFigures Of(IReadOnlyList<ImageScore> scores)
    {
        List<long> predictions = [.. scores.Select(score => score.Prediction)];
        return new(scores.Average(score => score.Label == score.Prediction ? 1.0 : 0), scores.Average(score => (double)score.Loss))
        {
            MacroAccuracy = MeanRecall(scores.Select(score => score.Label), predictions),
            Predictions = predictions,
        };
    }

    /// <summary>What <see cref="ToValidation"/> made of figures, without the predictions.</summary>
    public static ClassificationFigures Of(Validation validation) =>
        new(validation[AccuracyName], validation[LossName]) { MacroAccuracy = validation[MacroAccuracyName] };

    /// <param name="labels">The class index of each image.</param>
    /// <param name="predictions">The predicted one.</param>
    /// <returns>The macro-accuracy, which is the mean of the recalls of the classes that have images.</returns>
    public static double MeanRecall(IEnumerable<long> labels, IEnumerable<long> predictions) => labels.Zip(predictions)
        .GroupBy(image => image.First, (label, images) => images.Average(image => image.Second == label ? 1.0 : 0)).Average();

    /// <summary>The figures, of which a metric says what is compared first.</summary>
    public Validation ToValidation(ValidationMetric by) => new(
        new OrderedDictionary<string, double>
        {
            [AccuracyName] = Accuracy,
            [LossName] = Loss,
            [MacroAccuracyName] = MacroAccuracy,
        },
        by switch
        {
            ValidationMetric.MacroAccuracy => [MacroAccuracy, -Loss],
            ValidationMetric.Loss => [-Loss, Accuracy],
            _ => [Accuracy, -Loss],
        })
    {
        Predictions = Predictions,
    };
}

/// <summary>What a network makes of an image.</summary>
/// <param name="Image">Its number in the data set.</param>
/// <param name="Label">Its class index.</param>
/// <param name="Prediction">The class index with the highest score.</param>
/// <param name="Loss">The cross entropy of the scores, in nats.</param>
internal readonly record struct ImageScore(int Image, long Label, long Prediction, float Loss)
{
    /// <summary>All ranks' scores, in the images' order.</summary>
    public static IReadOnlyList<ImageScore> OfAll(ICollective all, List<ImageScore> own) =>
        all.Size == 1 ? own
        : [.. all.Gather(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(own)).ToArray(), "validation")
            .SelectMany(part => MemoryMarshal.Cast<byte, ImageScore>(part).ToArray()).OrderBy(score => score.Image)];
}
