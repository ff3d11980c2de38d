using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Conformer.Training;

/// <summary>The official loss: the mean of both heads' label-smoothed cross entropies. (mmpretrain takes their sum.)</summary>
internal static class TwoHeadLoss
{
    /// <param name="logits">The heads' logits, each [N, C].</param>
    /// <param name="target">Class indices [N] (int64), or class probabilities [N, C].</param>
    /// <param name="labelSmoothing">s: the target is 1 - s of the label and s / C of every class; 0-1.</param>
    public static Tensor Compute(IReadOnlyList<Tensor> logits, Tensor target, double labelSmoothing) =>
        VisionNetwork.SumHeads([.. logits.Select(head => functional.cross_entropy(head, target, label_smoothing: labelSmoothing))])
            / logits.Count;
}
