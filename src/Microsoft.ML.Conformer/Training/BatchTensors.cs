using Microsoft.ML.Conformer.Batches;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training;

/// <summary>Brings a batch to the network's device.</summary>
internal static class BatchTensors
{
    /// <summary>
    /// Pixels [N, 3, H, W] with channels-last strides, as they lie in the batch, and labels [N] (int64). On the CPU both alias the batch's
    /// arrays, so they must be done with before the next batch is read.
    /// </summary>
    public static (Tensor Pixels, Tensor Labels) Create(ImageBatch batch, int imageSize, Device device)
    {
        var values = batch.Count * imageSize * imageSize * 3L;
        var pixels = from_array(batch.Pixels).narrow(0, 0, values).view(batch.Count, imageSize, imageSize, 3).permute(0, 3, 1, 2);
        var labels = from_array(batch.Labels).narrow(0, 0, batch.Count);
        return (pixels.to(device), labels.to(device));
    }
}
