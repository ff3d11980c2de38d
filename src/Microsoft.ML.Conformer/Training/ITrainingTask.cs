using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training;

/// <summary>What a network is trained to do.</summary>
internal interface ITrainingTask
{
    VisionNetwork Network { get; }

    /// <summary>A batch's loss: a scalar on the batch's device, to call backward on.</summary>
    /// <param name="images">[N, 3, H, W], channels-last.</param>
    /// <param name="targets">Class indices [N] (int64), or class probabilities [N, C].</param>
    Tensor Loss(Tensor images, Tensor targets);

    /// <summary>Scores every image once, in evaluation mode; the network's mode is restored.</summary>
    Validation Validate(IBatchSource images, Device device, CancellationToken cancellation);
}

/// <summary>A network's figures on a data set.</summary>
/// <param name="Accuracy">Fraction 0-1 of images whose highest score is their label's.</param>
/// <param name="Loss">Mean cross entropy of the scores, in nats.</param>
internal readonly record struct Validation(double Accuracy, double Loss)
{
    /// <summary>Whether the accuracy is higher, or the same and the loss lower.</summary>
    public bool IsBetterThan(Validation other) => (Accuracy, -Loss).CompareTo((other.Accuracy, -other.Loss)) > 0;
}
