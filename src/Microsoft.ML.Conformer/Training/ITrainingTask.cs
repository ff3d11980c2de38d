using System.Runtime.InteropServices;
using System.Text.Json.Serialization;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training;

/// <summary>What a network is trained to do.</summary>
internal interface ITrainingTask
{
    VisionNetwork Network { get; }

    /// <summary>A batch's loss: a scalar on the batch's device, to call backward on.</summary>
    /// <param name="images">[N, 3, H, W], channels-last.</param>
    /// <param name="targets">What a batch of the task has, each with N first.</param>
    Tensor Loss(Tensor images, IReadOnlyList<Tensor> targets) => Loss(Network.call(images), targets);

    /// <summary>A batch's loss from what the network gives.</summary>
    Tensor Loss(Tensor[] outputs, IReadOnlyList<Tensor> targets);

    /// <summary>Scores every image once, in evaluation mode; the network's mode is restored.</summary>
    /// <param name="images">Those of this rank.</param>
    /// <param name="device">The network's.</param>
    /// <param name="all">The ranks, which all get the figures of all images.</param>
    /// <param name="cancellation">Where any rank's is canceled, all end.</param>
    Validation Validate(IBatchSource images, Device device, ICollective all, CancellationToken cancellation);
}

/// <summary>A network's figures on a data set.</summary>
/// <param name="Accuracy">Fraction 0-1 of images whose highest score is their label's.</param>
/// <param name="Loss">Mean cross entropy of the scores, in nats.</param>
internal sealed record Validation(double Accuracy, double Loss)
{
    /// <summary>Mean over the classes that have images of the fraction 0-1 of their images whose highest score is their label's.</summary>
    public double MacroAccuracy { get; init; }

    /// <summary>The class index with the highest score for each image, in the images' order; empty where nobody counted.</summary>
    [JsonIgnore]
    public IReadOnlyList<long> Predictions { get; init; } = [];

    /// <summary>Whether the figures say anything: scores that are not finite have a class of their own, the first.</summary>
    [JsonIgnore]
    public bool IsFinite => double.IsFinite(Accuracy) && double.IsFinite(Loss);

    /// <summary>Whether the metric is better, or an accuracy the same and the loss lower; never where the figures are not finite.</summary>
    public bool IsBetterThan(Validation? other, ValidationMetric by) =>
        IsFinite && (other is null || Rank(by).CompareTo(other.Rank(by)) > 0);

    /// <param name="labels">The class index of each image.</param>
    /// <param name="predictions">The predicted one.</param>
    /// <returns>The macro-accuracy, which is the mean of the recalls of the classes that have images.</returns>
    public static double MeanRecall(IEnumerable<long> labels, IEnumerable<long> predictions) => labels.Zip(predictions)
        .GroupBy(image => image.First, (label, images) => images.Average(image => image.Second == label ? 1.0 : 0)).Average();

    /// <summary>The figures of scored images, in their order.</summary>
    public static Validation Of(IReadOnlyList<ImageScore> scores)
    {
        List<long> predictions = [.. scores.Select(score => score.Prediction)];
        return new Validation(scores.Average(score => score.Label == score.Prediction ? 1.0 : 0), scores.Average(score => (double)score.Loss))
        {
            MacroAccuracy = MeanRecall(scores.Select(score => score.Label), predictions),
            Predictions = predictions,
        };
    }

    private (double, double) Rank(ValidationMetric by) => by switch
    {
        ValidationMetric.MacroAccuracy => (MacroAccuracy, -Loss),
        ValidationMetric.Loss => (-Loss, Accuracy),
        _ => (Accuracy, -Loss),
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
