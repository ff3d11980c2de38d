using Microsoft.ML.Conformer.Batches;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Conformer.Training;

/// <summary>A network's figures on a data set.</summary>
/// <param name="Accuracy">Fraction 0-1 of images whose highest score is their label's.</param>
/// <param name="Loss">Mean cross entropy of the scores, in nats.</param>
internal readonly record struct Validation(double Accuracy, double Loss)
{
    /// <summary>Scores every image once, in evaluation mode; the network's mode is restored.</summary>
    public static Validation Run(VisionNetwork network, IBatchSource images, Device device, CancellationToken cancellation)
    {
        var wasTraining = network.training;
        network.eval();
        try
        {
            using var inference = inference_mode();
            using var scope = NewDisposeScope();
            var (right, loss) = (zeros(1, device: device), zeros(1, device: device));
            foreach (var batch in images.ReadEpoch(0, cancellation))
            {
                using var batchScope = NewDisposeScope();
                var (pixels, labels) = BatchTensors.Create(batch, images.ImageSize, device);
                var logits = VisionNetwork.SumHeads(network.call(pixels));
                right.add_(logits.argmax(1).eq(labels).sum());
                loss.add_(functional.cross_entropy(logits, labels, reduction: Reduction.Sum));
            }
            return new Validation(right.ToDouble() / images.ImageCount, loss.ToDouble() / images.ImageCount);
        }
        finally
        {
            network.train(wasTraining);
        }
    }
}
