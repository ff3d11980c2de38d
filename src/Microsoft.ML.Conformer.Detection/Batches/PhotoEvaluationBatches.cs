namespace Microsoft.ML.Conformer.Detection.Batches;

/// <summary>
/// Gives every photo of a data set once, as it is scored later; a batch has photos of one padded size, so that each is scored as it would
/// be alone. Of several ranks each has every so many of the batches.
/// </summary>
internal sealed class PhotoEvaluationBatches : IBatchSource
{
    private readonly PhotoDataset _dataset;
    private readonly PhotoBatchOptions _options;
    private readonly BatchPrefetcher<PaddedBatch> _prefetcher = new(() => new PaddedBatch());
    private readonly List<(ImageSize Padded, int[] Images)> _batches;

    /// <param name="dataset">The photos.</param>
    /// <param name="options">How they come.</param>
    public PhotoEvaluationBatches(PhotoDataset dataset, PhotoBatchOptions options)
    {
        (_dataset, _options) = (dataset, options);
        _batches = [.. Enumerable.Range(0, dataset.Count).GroupBy(PaddedSize)
            .SelectMany(group => group.Chunk(options.BatchSize).Select(images => (group.Key, images)))
            .Where((_, batch) => options.Share.Has(batch))];
    }

    public int ImageCount => _dataset.Count;

    public string ImageSizes => _options.SizeText;

    public int BatchCount => _batches.Count;

    public string NameOf(int image) => _dataset.NameOf(image);

    public IEnumerable<IBatch> ReadEpoch(int epoch, int firstBatch, CancellationToken cancellation)
    {
        return _prefetcher.Read(firstBatch, BatchCount, Fill, cancellation);

        PaddedBatch Fill(int batch, PaddedBatch buffer, CancellationToken stop)
        {
            var (padded, numbers) = _batches[batch];
            var photos = new RgbImage[numbers.Length];
            InParallel.For(
                photos.Length, _options.Workers, stop, slot => photos[slot] = _dataset.Read(numbers[slot], SizeOf(numbers[slot])));
            buffer.Fill(numbers, photos, padded, _options.Levels);
            return buffer;
        }
    }

    private ImageSize PaddedSize(int image) => SizeOf(image).PaddedTo(_options.Divisor);

    private ImageSize SizeOf(int image)
    {
        var size = _dataset.SizeOf(image);
        return _options.Preprocessing.SizeOf(size.Height, size.Width).NewSize;
    }
}
