namespace Microsoft.ML.Conformer.Distillation;

/// <summary>Scores what the network sees: each batch's images as they were augmented.</summary>
internal sealed class AugmentedImageTeacher(Teacher teacher, ImageDataset images) : IBatchTeacher
{
    public int ClassCount => teacher.ClassCount;

    public void Score(ImageBatch batch, CancellationToken cancellation)
    {
        var (size, length) = (images.Preprocessor.ImageSize, images.Preprocessor.ByteCount);
        teacher.Score(
            [.. Enumerable.Range(0, batch.Count).Select(Image)], slot => images.NameOf(batch.Images[slot]), batch.TeacherScores,
            cancellation);

        RgbImage Image(int slot)
        {
            var pixels = new byte[length];
            images.Preprocessor.Denormalize(batch.Pixels.AsSpan(slot * length, length), pixels);
            return new RgbImage(size, size, pixels);
        }
    }
}
