using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training.Transfer;

/// <summary>What the heads of a frozen network take, computed once.</summary>
internal static class FrozenFeatures
{
    /// <summary>
    /// The embeddings of all heads side by side, [images, L], in the order of the images' numbers, as the network has them when it scores.
    /// The network is left on the CPU, in evaluation mode.
    /// </summary>
    /// <param name="network">Computes.</param>
    /// <param name="images">An epoch of them has every image.</param>
    /// <param name="epochs">The epochs to go through, from 0: a view of each image in each.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="cancellation">Ends it between two batches.</param>
    /// <exception cref="InsufficientMemoryException">A batch does not fit into the device's memory.</exception>
    public static IReadOnlyList<float[]> Of(
        VisionNetwork network, IBatchSource images, int epochs, Device device, CancellationToken cancellation)
    {
        network.to(device);
        network.eval();
        try
        {
            using var layout = new FlatWeights(network, network.Architecture.IsDecayed); // convolutions channels-last, as in training
            return [.. Enumerable.Range(0, epochs).Select(epoch => Of(network, images.ReadEpoch(epoch, 0, cancellation), images, device))];
        }
        catch (Exception e) when (TorchMemory.IsExhausted(e))
        {
            throw TorchMemory.BatchDoesNotFit(images.ImageSize, e);
        }
        finally
        {
            network.to(CPU);
        }
    }

    private static float[] Of(VisionNetwork network, IEnumerable<ImageBatch> batches, IBatchSource images, Device device)
    {
        using var inference = no_grad();
        var length = network.Architecture.Heads.Sum(head => head.Width);
        var features = new float[checked(images.ImageCount * length)];
        foreach (var batch in batches)
        {
            using var scope = NewDisposeScope();
            var (pixels, _) = batch.ToTensors(images.ImageSize, device);
            var rows = cat([.. network.ForwardFeatures(pixels).Embeddings], 1).cpu().contiguous().data<float>().ToArray();
            for (var slot = 0; slot < batch.Count; slot++)
                rows.AsSpan(slot * length, length).CopyTo(features.AsSpan(batch.Images[slot] * length));
        }
        return features;
    }
}
