using System.Numerics.Tensors;

namespace Microsoft.ML.Conformer.Evaluation.Metrics;

/// <summary>What all metrics begin with: each image's prediction, its probability and its losses.</summary>
internal sealed class ScoredImages
{
    /// <param name="logits">At least one image is of one of the classes.</param>
    /// <param name="temperature">What the logits are divided by before the softmax, above 0; 1 leaves them as they are.</param>
    /// <exception cref="ArgumentException">There is no image of any class.</exception>
    public ScoredImages(LabeledLogits logits, double temperature = 1)
    {
        if (!(temperature > 0 && double.IsFinite(1 / temperature)))
            throw new ArgumentOutOfRangeException(nameof(temperature), temperature, "It must be above 0, and 1 divided by it finite.");
        (Logits, Temperature) = (logits, temperature);
        var (known, unknown, row) = (new List<ImageOutcome>(logits.Labels.Count), new List<double>(), NewRow());
        var predictions = new int[logits.Labels.Count];
        for (var image = 0; image < predictions.Length; image++)
        {
            row.Read(image);
            predictions[image] = row.Predicted;
            if (logits.Labels[image] == LabeledLogits.NoClass)
                unknown.Add(row.Probabilities[row.Predicted]);
            else
                known.Add(Outcome(image, row));
        }
        if (known.Count == 0)
            throw new ArgumentException(
                $"None of {logits.Labels.Count} images is of one of the model's {logits.ClassCount} classes; at least one must be.",
                nameof(logits));
        (Predictions, Known, UnknownConfidences) = (predictions, known, unknown);
    }

    public LabeledLogits Logits { get; }

    public double Temperature { get; }

    /// <summary>The predicted class of each image, of those of none of the classes too.</summary>
    public IReadOnlyList<int> Predictions { get; }

    /// <summary>The images of a class, in their order.</summary>
    public IReadOnlyList<ImageOutcome> Known { get; }

    /// <summary>The largest probability of each image of none of the classes.</summary>
    public IReadOnlyList<double> UnknownConfidences { get; }

    /// <summary>For another pass over the probabilities.</summary>
    public SoftmaxRow NewRow() => new(Logits, 1 / Temperature);

    private ImageOutcome Outcome(int image, SoftmaxRow row)
    {
        var (label, confidence) = (Logits.Labels[image], row.Probabilities[row.Predicted]);
        var probability = row.Probabilities[label];
        var (logLoss, entropy) = (-row.LogProbability(label), row.Entropy);
        row.Probabilities[label] -= 1;
        return new ImageOutcome(
            image, label, row.Predicted, row.Rank, confidence, probability, logLoss, TensorPrimitives.SumOfSquares(row.Probabilities),
            entropy);
    }
}

/// <summary>How an image was scored.</summary>
/// <param name="Image">Its index among all images.</param>
/// <param name="Label">Its class.</param>
/// <param name="Predicted">The predicted class.</param>
/// <param name="Rank">Number of classes that come before its own.</param>
/// <param name="Confidence">The predicted class's probability.</param>
/// <param name="Probability">Its own class's probability.</param>
/// <param name="LogLoss">In nats.</param>
/// <param name="BrierScore">0-2.</param>
/// <param name="Entropy">In nats.</param>
internal readonly record struct ImageOutcome(
    int Image, int Label, int Predicted, int Rank, double Confidence, double Probability, double LogLoss, double BrierScore, double Entropy)
{
    public bool IsRight => Predicted == Label;
}
