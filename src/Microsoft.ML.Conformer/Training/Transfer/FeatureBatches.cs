namespace Microsoft.ML.Conformer.Training.Transfer;

/// <summary>Gives a frozen network's features of images in the images' place, batch by batch as the images would come.</summary>
/// <param name="views">
/// For each view the features of all images, [images, L] in row-major order. An image takes them in turn, one after the other within an
/// epoch that shows it several times, and from epoch to epoch.
/// </param>
/// <param name="images">Where the features come from: has as many batches.</param>
/// <param name="labels">The images' class indices.</param>
/// <param name="batchSize">Images in a batch; the last one of an epoch may have fewer.</param>
/// <param name="order">The images of an epoch, in order, each with the number of times that the epoch has shown it before.</param>
/// <param name="teacher">Scores each batch by its images' numbers; null (default): there is no teacher.</param>
internal sealed class FeatureBatches(
    IReadOnlyList<float[]> views, IBatchSource images, IReadOnlyList<long> labels, int batchSize,
    Func<int, IReadOnlyList<(int Image, int View)>> order, IBatchTeacher? teacher = null) : IBatchSource
{
    private readonly int _length = views[0].Length / labels.Count;

    public int ImageCount => images.ImageCount;

    public string ImageSizes => images.ImageSizes;

    public int BatchCount => images.BatchCount;

    public string NameOf(int image) => images.NameOf(image);

    public IEnumerable<IBatch> ReadEpoch(int epoch, int firstBatch, CancellationToken cancellation)
    {
        var shown = order(epoch);
        for (var batch = firstBatch; batch < BatchCount; batch++)
        {
            cancellation.ThrowIfCancellationRequested();
            (int Image, int View)[] chosen = [.. shown.Skip(batch * batchSize).Take(batchSize)];
            int[] numbers = [.. chosen.Select(one => one.Image)];
            var features = new float[chosen.Length * _length];
            for (var slot = 0; slot < chosen.Length; slot++)
                views[(epoch + chosen[slot].View) % views.Count].AsSpan(numbers[slot] * _length, _length)
                    .CopyTo(features.AsSpan(slot * _length));
            var made = new ImageBatch(features, null, [.. numbers.Select(image => labels[image])], numbers, numbers.Length)
            {
                TeacherScores = teacher is null ? [] : new float[chosen.Length * teacher.ClassCount],
            };
            teacher?.Score(made, cancellation);
            yield return made;
        }
    }
}
