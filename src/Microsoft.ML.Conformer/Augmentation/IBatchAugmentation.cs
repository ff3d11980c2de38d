using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Augmentation;

/// <summary>What is done to a whole batch on the network's device, and turns its labels into soft targets.</summary>
internal interface IBatchAugmentation
{
    /// <param name="images">[N, 3, H, W], channels-last.</param>
    /// <param name="labels">Class indices, [N] (int64).</param>
    /// <returns>Images [N, 3, H, W], channels-last, and class probabilities [N, C].</returns>
    (Tensor Images, Tensor Targets) Apply(Tensor images, Tensor labels);
}
