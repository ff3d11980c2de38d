namespace Microsoft.ML.Conformer.Batches;

/// <summary>
/// One mini-batch, ready for the network.
/// </summary>
/// <param name="Pixels">Normalized RGB values, [N, H, W, 3] in row-major order; the array may be longer than the batch.</param>
/// <param name="Labels">Class indices from 0, one for each of the N images; the array may be longer than the batch.</param>
/// <param name="Count">The number N of images.</param>
internal sealed record ImageBatch(float[] Pixels, long[] Labels, int Count);

/// <summary>Gives the images of one data set as mini-batches, epoch by epoch.</summary>
internal interface IBatchSource
{
    /// <summary>Number of images in the data set.</summary>
    int ImageCount { get; }

    /// <summary>Height and width of the batches' images in pixels.</summary>
    int ImageSize { get; }

    /// <summary>Number of batches in an epoch.</summary>
    int BatchCount { get; }

    /// <summary>
    /// The batches of one epoch, in an order and with augmentations that depend only on the source's seed and <paramref name="epoch"/>.
    /// A batch and its arrays are valid until the next one is asked for.
    /// </summary>
    IEnumerable<ImageBatch> ReadEpoch(int epoch, CancellationToken cancellation);
}
