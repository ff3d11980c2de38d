namespace Microsoft.ML.Conformer.Batches;

/// <summary>
/// Gives every image of a data set once, in order, as it is scored later; the last batch may be smaller. Of several ranks each has whole
/// batches, dealt out in turn, so that a batch is scored as by one process.
/// </summary>
/// <param name="dataset">The images.</param>
/// <param name="batchSize">Images in a batch.</param>
/// <param name="share">Which rank's batches these are.</param>
/// <param name="workers">Threads that crop; null (default): one for each processor.</param>
internal sealed class EvaluationBatches(ImageDataset dataset, int batchSize, RankShare share, int? workers = null) : IBatchSource
{
    private readonly ImagePreprocessor _preprocessor = dataset.Preprocessor;
    private readonly BatchPrefetcher<ImageBatch> _prefetcher =
        new(() => ImageBatch.Buffer(Math.Min(batchSize, dataset.Count), dataset.Preprocessor));

    public int ImageCount => dataset.Count;

    public string ImageSizes => _preprocessor.SizeText;

    public int BatchCount => share.BatchesOf((dataset.Count + batchSize - 1) / batchSize);

    public string NameOf(int image) => dataset.NameOf(image);

    public IEnumerable<IBatch> ReadEpoch(int epoch, int firstBatch, CancellationToken cancellation)
    {
        return _prefetcher.Read(firstBatch, BatchCount, Fill, cancellation);

        ImageBatch Fill(int batch, ImageBatch buffer, CancellationToken stop)
        {
            var first = share.Batch(batch) * batchSize;
            var count = Math.Min(batchSize, dataset.Count - first);
            InParallel.For(count, workers ?? Environment.ProcessorCount, stop, slot =>
            {
                var crop = new byte[_preprocessor.ByteCount];
                using var lease = dataset.Rent(first + slot);
                var pixels = buffer.Pixels.AsSpan(slot * _preprocessor.ByteCount, _preprocessor.ByteCount);
                _preprocessor.CenterCrop(lease.Image, crop); // those read for evaluation are cropped already
                _preprocessor.Normalize(crop, pixels, PixelLayout.Nhwc);
                buffer.Images[slot] = first + slot;
                buffer.Labels[slot] = dataset.Labels[first + slot];
            });
            return buffer with { Count = count };
        }
    }
}
