using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Batches;

/// <summary>
/// N normalized RGB images, [N, H, W, 3] in row-major order, their class indices from 0, [N], and their numbers in the data set, [N]. The
/// arrays may be longer than the batch.
/// </summary>
internal sealed record ImageBatch(float[] Pixels, long[] Labels, int[] Images, int Count)
{
    /// <summary>
    /// Where there are features in the pixels' place, [N, L]: the length L of an image's. Null (default): there are pixels.
    /// </summary>
    public int? FeatureLength { get; init; }

    /// <summary>The class probabilities that a teacher gives the images, [N, C]; empty (default) where there is none.</summary>
    public float[] TeacherScores { get; init; } = [];

    /// <summary>
    /// The images [N, 3, H, W], with channels-last strides as they lie in the batch, and the labels [N] (int64) on a device; with a
    /// teacher the labels' class probabilities and the teacher's, [N, 2, C]. On the CPU they may alias the batch's arrays, so they must be
    /// done with before the next batch is read. Features are [N, L], and a copy.
    /// </summary>
    public (Tensor Images, Tensor Labels) ToTensors(int imageSize, Device device)
    {
        var values = from_array(Pixels).narrow(0, 0, Count * (FeatureLength ?? imageSize * imageSize * 3L));
        var images = FeatureLength is { } length
            ? values.view(Count, length).clone() // in libtorch's memory: MKL's products round by how their inputs are aligned
            : values.view(Count, imageSize, imageSize, 3).permute(0, 3, 1, 2);
        var labels = from_array(Labels).narrow(0, 0, Count);
        if (TeacherScores.Length == 0)
            return (images.to(device), labels.to(device));
        var classCount = TeacherScores.Length / Labels.Length;
        var teacher = from_array(TeacherScores).view(Labels.Length, classCount).narrow(0, 0, Count);
        return (images.to(device), stack([nn.functional.one_hot(labels, classCount).to(float32), teacher], 1).to(device));
    }
}

/// <summary>Gives the images of one data set as mini-batches, epoch by epoch.</summary>
internal interface IBatchSource
{
    int ImageCount { get; }

    /// <summary>Height and width of the batches' images in pixels.</summary>
    int ImageSize { get; }

    int BatchCount { get; }

    /// <summary>
    /// The batches of one epoch from <paramref name="firstBatch"/> on, from 0, in an order and with augmentations that depend only on the
    /// source's seed and <paramref name="epoch"/>. A batch and its arrays are valid until the next one is asked for.
    /// </summary>
    IEnumerable<ImageBatch> ReadEpoch(int epoch, int firstBatch, CancellationToken cancellation);

    /// <summary>What a user knows an image by, from its number in the data set: its file, or its row.</summary>
    string NameOf(int image);
}
