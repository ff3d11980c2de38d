using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Conformer.Augmentation;

/// <summary>
/// Blends each image, and its label, with another one's (Zhang et al., "mixup: Beyond Empirical Risk Minimization", 2018). As in timm,
/// image i of N is paired with image N - 1 - i, and the whole batch has one share.
/// </summary>
/// <param name="classCount">C, the number of classes.</param>
/// <param name="drawShare">Draws a batch's share of the first image of each pair, 0-1; the paper draws it from a beta distribution.</param>
internal sealed class Mixup(int classCount, Func<double> drawShare) : IBatchAugmentation
{
    public (Tensor Images, Tensor Targets) Apply(Tensor images, Tensor labels)
    {
        var share = drawShare();
        return (Blend(images), Blend(labels.dim() > 1 ? labels : functional.one_hot(labels, classCount).to(images.dtype)));

        Tensor Blend(Tensor batch) => batch * share + batch.flip(0) * (1 - share);
    }
}

/// <summary>What is done to a whole batch on the network's device, and turns its labels into soft targets.</summary>
internal interface IBatchAugmentation
{
    /// <param name="images">[N, 3, H, W], channels-last.</param>
    /// <param name="labels">Class indices, [N] (int64), or class probabilities, such as [N, C] or [N, 2, C] with a teacher's.</param>
    /// <returns>Images [N, 3, H, W], channels-last, and class probabilities, [N, C] for indices.</returns>
    (Tensor Images, Tensor Targets) Apply(Tensor images, Tensor labels);
}
