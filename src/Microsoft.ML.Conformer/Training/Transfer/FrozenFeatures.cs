using System.Diagnostics;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training.Transfer;

/// <summary>What the heads of a frozen network take, computed once and given in the images' place.</summary>
/// <param name="network">Computes as it does when it scores. It is left on the CPU, in evaluation mode.</param>
/// <param name="device">Where to compute.</param>
/// <param name="atOnce">Images that go through the network at once.</param>
/// <param name="ranks">Those that compute a part each; all get all features.</param>
/// <param name="tell">Told what was computed, and which augmentation has no part in it.</param>
/// <param name="cancellation">Ends it between two batches.</param>
internal sealed class FrozenFeatures(
    VisionNetwork network, Device device, int atOnce, ICollective ranks, Action<string> tell, CancellationToken cancellation)
{
    private readonly RankShare _share = new(ranks.Rank, ranks.Size);
    private readonly int _length = network.Architecture.Heads.Sum(head => head.Width);

    /// <summary>Tells by their values whether the weights and statistics below the heads are those of an earlier run.</summary>
    public static string HashOf(VisionNetwork network)
    {
        var (hash, weights) = (new XxHash128(), new NetworkWeights(network));
        foreach (var tensor in network.Architecture.StateDict().Where(tensor => !network.Architecture.IsHead(tensor.Name)))
            hash.Append(MemoryMarshal.AsBytes<float>(weights.Read(tensor.Name)));
        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }

    /// <summary>The features of training images, in the order in which the images would come.</summary>
    /// <param name="images">The images.</param>
    /// <param name="options">How they would come, and how they are augmented.</param>
    /// <param name="views">1 takes each image as it is scored; more are as many augmented ones of each.</param>
    /// <exception cref="InsufficientMemoryException">Images or features do not fit into memory; the message names the option.</exception>
    public FeatureBatches OfTraining(ImageDataset images, TrainingBatchOptions options, int views)
    {
        if (views == 1)
        {
            tell("Transfer.CachedViews is 1: each image is taken as it is scored, and Augmentation has no part in training.");
            options = options with { Views = 1 };
        }
        var shown = new TrainingBatches(images, options);
        IBatchSource all = views == 1 ? new EvaluationBatches(images, atOnce, _share) : new TrainingBatches(
            images, options with { BatchSize = atOnce, ShowsEachOnce = true, Balanced = false, Views = 1, Teacher = null });
        return new FeatureBatches(
            Of(all, views, "training"), shown, images.Labels, options.BatchSize, shown.Order, options.Teacher);
    }

    /// <summary>The features of images as they are scored, each once, in their own order.</summary>
    /// <exception cref="InsufficientMemoryException">Images or features do not fit into memory; the message names the option.</exception>
    public FeatureBatches OfValidation(ImageDataset images, int batchSize)
    {
        (int, int)[] shown =
        [
            .. Enumerable.Range(0, images.Count).Where(image => _share.Has(image / batchSize)).Select(image => (image, 0)),
        ];
        return new FeatureBatches(
            Of(new EvaluationBatches(images, atOnce, _share), 1, "validation"), new EvaluationBatches(images, batchSize, _share),
            images.Labels, batchSize, _ => shown);
    }

    /// <summary>
    /// For each of the first epochs the embeddings of all heads side by side, [images, L], in the order of the images' numbers.
    /// </summary>
    /// <param name="images">An epoch of them has every image.</param>
    /// <param name="views">The number of epochs.</param>
    /// <param name="role">What the images are for, in words.</param>
    /// <exception cref="InsufficientMemoryException">Images or features do not fit into memory; the message names the option.</exception>
    public IReadOnlyList<float[]> Of(IBatchSource images, int views, string role)
    {
        if ((long)images.ImageCount * _length > Array.MaxLength)
            throw new InsufficientMemoryException(
                $"The network's features of {images.ImageCount} {role} images, {_length} values for each, cannot be kept: an array has " +
                $"at most {Array.MaxLength}. Set Transfer.CachedViews to 0, which keeps none.");
        var clock = Stopwatch.StartNew();
        network.to(device);
        network.eval();
        try
        {
            using var layout = FlatWeights.WithoutGradients(network); // convolutions channels-last, as in training
            IReadOnlyList<float[]> features = [.. Enumerable.Range(0, views).Select(view => OfEpoch(view, images))];
            tell($"Computed the network's features of {images.ImageCount} {role} images, {views} for each, " +
                FormattableString.Invariant($"in {clock.Elapsed.TotalSeconds:0.0} s."));
            return features;
        }
        catch (Exception e) when (TorchMemory.IsExhausted(e))
        {
            throw TorchMemory.ImagesDoNotFit(atOnce, images.ImageSizes, e);
        }
        finally
        {
            network.to(CPU);
        }
    }

    private float[] OfEpoch(int epoch, IBatchSource images)
    {
        using var inference = no_grad();
        using var all = NewDisposeScope();
        var features = new float[images.ImageCount * _length];
        foreach (var batch in images.ReadEpoch(epoch, 0, cancellation))
        {
            using var scope = NewDisposeScope();
            var (pixels, _) = batch.ToTensors(device);
            var rows = cat([.. network.ForwardFeatures(pixels).Embeddings], 1).cpu().contiguous().data<float>().ToArray();
            foreach (var (slot, image) in batch.ImageNumbers.Index())
                rows.AsSpan(slot * _length, _length).CopyTo(features.AsSpan(image * _length));
        }
        ranks.Sum(from_array(features), "the features"); // each image's of one rank, and zeros of the others
        return features;
    }
}
