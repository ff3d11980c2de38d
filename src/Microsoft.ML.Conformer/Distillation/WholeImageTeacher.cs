namespace Microsoft.ML.Conformer.Distillation;

/// <summary>Knows the scores of all training images, whole as they are kept, and gives them to each of their crops.</summary>
internal sealed class WholeImageTeacher : IBatchTeacher
{
    /// <summary>Images that are scored at once.</summary>
    private const int AtOnce = 32;

    private readonly float[][] _scores;

    public WholeImageTeacher(Teacher teacher, ImageDataset images, CancellationToken cancellation)
    {
        ClassCount = teacher.ClassCount;
        _scores = new float[images.Count][];
        var scores = new float[AtOnce * ClassCount];
        foreach (var part in Enumerable.Range(0, images.Count).Chunk(AtOnce))
        {
            teacher.Score([.. part.Select(Copy)], slot => images.NameOf(part[slot]), scores, cancellation);
            for (var slot = 0; slot < part.Length; slot++)
                _scores[part[slot]] = scores[(slot * ClassCount)..((slot + 1) * ClassCount)];
        }

        RgbImage Copy(int image)
        {
            using var lease = images.Rent(image);
            return new RgbImage(lease.Image.Width, lease.Image.Height, lease.Image.Pixels[..lease.Image.ByteCount]);
        }
    }

    public int ClassCount { get; }

    public void Score(ImageBatch batch, CancellationToken cancellation)
    {
        for (var slot = 0; slot < batch.Count; slot++)
            _scores[batch.Images[slot]].CopyTo(batch.TeacherScores.AsSpan(slot * ClassCount));
    }
}
