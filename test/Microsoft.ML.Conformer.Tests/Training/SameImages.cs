using Microsoft.ML.Conformer.Batches;
using Microsoft.ML.Conformer.Tests.Scoring;

namespace Microsoft.ML.Conformer.Tests.Training;

/// <summary>Batches of gray images, of two classes in turn.</summary>
/// <param name="batches">Number of batches.</param>
/// <param name="brightness">The value of the second class's pixels; those of the first are 0.</param>
/// <param name="clock">Goes a second ahead for each batch, where there is one.</param>
/// <param name="batchSize">Images in a batch.</param>
internal sealed class SameImages(int batches, float brightness = 1, ManualClock? clock = null, int batchSize = 2) : IBatchSource
{
    public int ImageCount => batches * batchSize;

    public string ImageSizes => "gray";

    public int BatchCount => batches;

    public string NameOf(int image) => $"image {image}";

    public IEnumerable<IBatch> ReadEpoch(int epoch, int firstBatch, CancellationToken cancellation)
    {
        const int length = Photo.Side * Photo.Side * 3;
        int[] images = [.. Enumerable.Range(0, batchSize)];
        var pixels = new float[batchSize * length];
        foreach (var image in images.Where(image => image % 2 == 1))
            pixels.AsSpan(image * length, length).Fill(brightness);
        for (var batch = firstBatch; batch < batches; batch++)
        {
            clock?.Advance(TimeSpan.FromSeconds(1));
            yield return new ImageBatch(pixels, Photo.Side, [.. images.Select(image => (long)image % 2)], images, batchSize);
        }
    }
}
