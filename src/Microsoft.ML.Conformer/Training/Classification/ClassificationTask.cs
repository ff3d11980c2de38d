using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Conformer.Training.Classification;

/// <summary>
/// Tells classes apart. The loss is the mean, as in the official code, or the sum of the heads' label-smoothed cross entropies.
/// With label smoothing s, 0-1, the target is 1 - s of the label and s / C of every class. Validation, like scoring, is by the sum of the
/// heads' logits.
/// </summary>
/// <param name="network">The network.</param>
/// <param name="labelSmoothing">s.</param>
/// <param name="headLosses">What is made of the heads' losses.</param>
/// <param name="weights">
/// What the images' losses are multiplied by; their sum is divided by the number of images. Null (default): all count alike.
/// </param>
/// <param name="distillation">What is made of a teacher's probabilities; null (default): the targets have none.</param>
internal sealed class ClassificationTask(VisionNetwork network, double labelSmoothing, HeadLosses headLosses = HeadLosses.Mean,
    ClassWeights? weights = null, DistillationLoss? distillation = null) : ITrainingTask
{
    public ITrainableNetwork Network => network;

    /// <summary>What tells which validation is the best.</summary>
    public ValidationMetric BestBy { get; init; }

    /// <summary>The loss from the heads' logits, each [N, C].</summary>
    /// <param name="heads">The logits.</param>
    /// <param name="targets">Class indices [N] (int64) or probabilities [N, C], and after them a teacher's where there is one.</param>
    public Tensor Loss(Tensor[] heads, IReadOnlyList<Tensor> targets)
    {
        var labels = targets[0];
        var (smoothed, smoothing) = weights is null ? (labels, labelSmoothing) : (weights.Apply(labels, labelSmoothing), 0);
        Func<Tensor, Tensor> loss = head => functional.cross_entropy(head, smoothed, label_smoothing: smoothing);
        if (distillation is not null)
        {
            var (fromLabels, share) = (loss, distillation.Weight);
            var fromTeacher = distillation.Toward(targets[1], weights is null ? null : smoothed.sum(1, keepdim: true));
            loss = head => fromLabels(head).Times(1 - share).Plus(fromTeacher(head).Times(share));
        }
        var sum = VisionNetwork.SumHeads([.. heads.Select(loss)]);
        return headLosses == HeadLosses.Sum ? sum : sum.Over(heads.Length);
    }

    public Validation Validate(IBatchSource images, Device device, ICollective all, CancellationToken cancellation)
    {
        var scores = new List<ImageScore>(images.ImageCount);
        Validation.ForEachBatch(network, images, all, Score, cancellation);
        return ClassificationFigures.Of(ImageScore.OfAll(all, scores)).ToValidation(BestBy);

        void Score(IBatch batch)
        {
            var (pixels, targets) = batch.ToTensors(device);
            var logits = VisionNetwork.SumHeads(network.call(pixels));
            var losses = functional.cross_entropy(logits, targets[0], reduction: Reduction.None).cpu().data<float>();
            var predictions = logits.argmax(1).cpu().data<long>();
            var labels = targets[0].cpu().data<long>();
            foreach (var (slot, image) in batch.ImageNumbers.Index())
                scores.Add(new ImageScore(image, labels[slot], predictions[slot], losses[slot]));
        }
    }
}
