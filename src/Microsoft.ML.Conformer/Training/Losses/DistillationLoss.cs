using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training.Losses;

/// <summary>The part of the loss that comes from a teacher (Hinton et al., 2015; DeiT: Touvron et al., 2021).</summary>
/// <param name="IsHard">Whether the teacher names a class, which is as good as a label; else it gives probabilities.</param>
/// <param name="Temperature">T, above 0; the hard loss has none.</param>
/// <param name="Weight">The part's share of the loss, 0-1.</param>
internal sealed record DistillationLoss(bool IsHard, double Temperature, double Weight)
{
    /// <summary>Above 0, so that its logarithm is finite on devices that flush denormal numbers, too.</summary>
    private const float Smallest = 1.2e-38f;

    /// <summary>
    /// The loss of a head toward the teacher, a scalar: soft T^2 KL(teacher at T || head at T), where the teacher at T is its
    /// probabilities^(1/T), normalized; hard the cross entropy with the teacher's classes.
    /// </summary>
    /// <param name="teacher">Its probabilities, or its classes one-hot, [N, C]; of mixed images both are mixed as labels are.</param>
    /// <param name="imageWeights">What each image's loss is multiplied by, [N, 1]; null: by 1.</param>
    /// <returns>The loss of a head's logits, [N, C]. What it keeps belongs to the caller's dispose scope.</returns>
    public Func<Tensor, Tensor> Toward(Tensor teacher, Tensor? imageWeights)
    {
        if (IsHard)
        {
            var weighted = imageWeights is null ? teacher : teacher * imageWeights;
            return head => nn.functional.cross_entropy(head, weighted);
        }
        var targets = teacher.AtLeast(Smallest).log().Over(Temperature).softmax(1);
        var surprise = (targets * targets.AtLeast(Smallest).log()).sum(1, keepdim: true); // 0 log 0 is 0
        if (imageWeights is not null)
            (targets, surprise) = (targets * imageWeights, surprise * imageWeights);
        var entropy = surprise.mean();
        return head => nn.functional.cross_entropy(head.to(float32).Over(Temperature), targets).Plus(entropy)
            .Times(Temperature * Temperature);
    }
}
