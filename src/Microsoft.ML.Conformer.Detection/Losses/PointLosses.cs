using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Conformer.Detection.Losses;

/// <summary>Losses of single values, each summed over all of them.</summary>
internal static class PointLosses
{
    /// <summary>Cross entropy of chances, from logits and targets of 0 and 1, the same shape.</summary>
    public static Tensor BinaryCrossEntropy(Tensor logits, Tensor targets) =>
        functional.binary_cross_entropy_with_logits(logits, targets, reduction: Reduction.Sum);

    /// <summary>
    /// Focal loss (Lin et al., ICCV 2017): the cross entropy, which counts less the surer the network is, and less for the background.
    /// </summary>
    /// <param name="logits">[K, C].</param>
    /// <param name="targets">[K, C], 0 and 1.</param>
    /// <param name="alpha">What the cross entropy of a 1 is multiplied by; that of a 0 by 1 - alpha. Default 0.25.</param>
    /// <param name="gamma">How much what is sure counts less. Default 2.</param>
    public static Tensor Focal(Tensor logits, Tensor targets, double alpha = 0.25, double gamma = 2) =>
        FocalEach(logits, targets, alpha, gamma).sum();

    /// <summary>The focal loss of each value.</summary>
    internal static Tensor FocalEach(Tensor logits, Tensor targets, double alpha, double gamma)
    {
        // The chance of the other answer is the logistic function of the logit with the answer's sign: exact for large ones too.
        var signed = logits.mul(targets.Times(-2).Plus(1));
        var entropy = functional.softplus(signed);
        var weights = targets.Times(2 * alpha - 1).Plus(1 - alpha);
        return entropy.mul(weights).mul(functional.logsigmoid(signed).Times(gamma).exp());
    }

    /// <summary>L1 where <paramref name="beta"/> is 0, otherwise quadratic for differences below beta (Girshick, ICCV 2015).</summary>
    public static Tensor Boxes(Tensor deltas, Tensor targets, double beta) => BoxesEach(deltas, targets, beta).sum();

    /// <summary>The loss of each value.</summary>
    internal static Tensor BoxesEach(Tensor deltas, Tensor targets, double beta) => beta > 0
        ? functional.smooth_l1_loss(deltas, targets, Reduction.None, beta)
        : deltas.Plus(targets.neg()).abs();
}
