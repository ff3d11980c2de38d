using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Batches;

/// <summary>
/// N normalized RGB images to classify, [N, S, S, 3] in row-major order, their class indices from 0, [N], and their numbers in the data
/// set, [N]. The arrays may be longer than the batch.
/// </summary>
/// <param name="Pixels">The images, or features in their place, [N, L].</param>
/// <param name="ImageSize">S, in pixels; null where there are features.</param>
/// <param name="Labels">The class indices.</param>
/// <param name="Images">The numbers.</param>
/// <param name="Count">N.</param>
internal sealed record ImageBatch(float[] Pixels, int? ImageSize, long[] Labels, int[] Images, int Count) : IBatch
{
    /// <summary>The class probabilities that a teacher gives the images, [N, C]; empty (default) where there is none.</summary>
    public float[] TeacherScores { get; init; } = [];

    /// <summary>Room for a number of images of a data set, and for what a teacher says of each: nothing by default.</summary>
    public static ImageBatch Buffer(int count, ImagePreprocessor images, int teacherClasses = 0) =>
        new(new float[checked(count * images.ByteCount)], images.ImageSize, new long[count], new int[count], 0)
        {
            TeacherScores = new float[checked(count * teacherClasses)],
        };

    public IReadOnlyList<int> ImageNumbers => new ArraySegment<int>(Images, 0, Count);

    /// <summary>The values of an image, S * S * 3 or L.</summary>
    private int ImageLength => Pixels.Length / Labels.Length;

    /// <summary>
    /// The images and their labels [N] (int64); with a teacher the labels' class probabilities and the teacher's, [N, C] each. Features
    /// are [N, L], and a copy.
    /// </summary>
    public (Tensor Images, IReadOnlyList<Tensor> Targets) ToTensors(Device device)
    {
        var values = from_array(Pixels).narrow(0, 0, (long)Count * ImageLength);
        var images = ImageSize is { } size
            ? values.view(Count, size, size, 3).permute(0, 3, 1, 2)
            : values.view(Count, ImageLength).clone(); // in libtorch's memory: MKL's products round by how their inputs are aligned
        var labels = from_array(Labels).narrow(0, 0, Count);
        if (TeacherScores.Length == 0)
            return (images.to(device), [labels.to(device)]);
        var classCount = TeacherScores.Length / Labels.Length;
        var teacher = from_array(TeacherScores).view(Labels.Length, classCount).narrow(0, 0, Count);
        return (images.to(device), [nn.functional.one_hot(labels, classCount).to(float32).to(device), teacher.to(device)]);
    }
}
