using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Conformer.Training;

/// <summary>
/// Tells classes apart. The loss is the mean, as in the official code, or the sum of the heads' label-smoothed cross entropies.
/// With label smoothing s, 0-1, the target is 1 - s of the label and s / C of every class. Validation, like scoring, is by the sum of the
/// heads' logits.
/// </summary>
internal sealed class ClassificationTask(VisionNetwork network, double labelSmoothing, HeadLosses headLosses = HeadLosses.Mean)
    : ITrainingTask
{
    public VisionNetwork Network => network;

    public Tensor Loss(Tensor[] heads, Tensor targets)
    {
        var sum = VisionNetwork.SumHeads(
            [.. heads.Select(head => functional.cross_entropy(head, targets, label_smoothing: labelSmoothing))]);
        return headLosses == HeadLosses.Sum ? sum : sum / heads.Length;
    }

    public Validation Validate(IBatchSource images, Device device, CancellationToken cancellation)
    {
        var wasTraining = network.training;
        network.eval();
        try
        {
            using var inference = inference_mode();
            using var scope = NewDisposeScope();
            var (right, loss) = (zeros(1, device: device), zeros(1, device: device));
            var predictions = new List<long>(images.ImageCount);
            foreach (var batch in images.ReadEpoch(0, 0, cancellation))
            {
                using var batchScope = NewDisposeScope();
                var (pixels, labels) = batch.ToTensors(images.ImageSize, device);
                var logits = VisionNetwork.SumHeads(network.call(pixels));
                var predicted = logits.argmax(1);
                right.add_(predicted.eq(labels).sum());
                loss.add_(functional.cross_entropy(logits, labels, reduction: Reduction.Sum));
                predictions.AddRange(predicted.cpu().data<long>());
            }
            return new Validation(right.ToDouble() / images.ImageCount, loss.ToDouble() / images.ImageCount) { Predictions = predictions };
        }
        finally
        {
            network.train(wasTraining);
        }
    }
}
