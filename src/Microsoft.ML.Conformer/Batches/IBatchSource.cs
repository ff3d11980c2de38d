using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Batches;

/// <summary>N images of one height and width, and what a network is trained toward on them.</summary>
internal interface IBatch
{
    /// <summary>The images' numbers in the data set, [N].</summary>
    IReadOnlyList<int> ImageNumbers { get; }

    /// <summary>
    /// The images [N, 3, H, W], normalized and channels-last, and the task's targets, each with N first, on a device. On the CPU they may
    /// alias the batch's arrays, so they must be done with before the next batch is read.
    /// </summary>
    (Tensor Images, IReadOnlyList<Tensor> Targets) ToTensors(Device device);
}

/// <summary>Gives the images of one data set as mini-batches, epoch by epoch.</summary>
internal interface IBatchSource
{
    int ImageCount { get; }

    /// <summary>How high and wide the batches' images are, in words.</summary>
    string ImageSizes { get; }

    int BatchCount { get; }

    /// <summary>
    /// The batches of one epoch from <paramref name="firstBatch"/> on, from 0, in an order and with augmentations that depend only on the
    /// source's seed and <paramref name="epoch"/>. A batch and its arrays are valid until the next one is asked for.
    /// </summary>
    IEnumerable<IBatch> ReadEpoch(int epoch, int firstBatch, CancellationToken cancellation);

    /// <summary>What a user knows an image by, from its number in the data set: its file, or its row.</summary>
    string NameOf(int image);
}
