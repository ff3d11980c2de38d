using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training;

/// <summary>What a network is trained to do.</summary>
internal interface ITrainingTask
{
    ITrainableNetwork Network { get; }

    /// <summary>A batch's loss: a scalar on the batch's device, to call backward on.</summary>
    /// <param name="images">[N, 3, H, W], channels-last.</param>
    /// <param name="targets">What a batch of the task has, each with N first.</param>
    Tensor Loss(Tensor images, IReadOnlyList<Tensor> targets) => Loss(Network.Module.call(images), targets);

    /// <summary>A batch's loss from what the network gives.</summary>
    Tensor Loss(Tensor[] outputs, IReadOnlyList<Tensor> targets);

    /// <summary>Scores every image once, in evaluation mode; the network's mode is restored.</summary>
    /// <param name="images">Those of this rank.</param>
    /// <param name="device">The network's.</param>
    /// <param name="all">The ranks, which all get the figures of all images.</param>
    /// <param name="cancellation">Where any rank's is canceled, all end.</param>
    Validation Validate(IBatchSource images, Device device, ICollective all, CancellationToken cancellation);
}
