namespace Microsoft.ML.Conformer.Detection.Batches;

/// <summary>
/// Gives every image of a data set once, as it is scored later; a batch has images of one padded size, so that each is scored as it would
/// be alone. Of several ranks each has every so many of the batches.
/// </summary>
internal sealed class DetectionEvaluationBatches : IBatchSource
{
    private readonly DetectionDataset _dataset;
    private readonly ImageAugmenter _images;
    private readonly DetectionBatchOptions _options;
    private readonly BatchPrefetcher<DetectionBatch> _prefetcher = new(() => new DetectionBatch());
    private readonly List<int[]> _batches;

    /// <param name="dataset">The images.</param>
    /// <param name="images">Resizes them.</param>
    /// <param name="options">How they come.</param>
    public DetectionEvaluationBatches(DetectionDataset dataset, ImageAugmenter images, DetectionBatchOptions options)
    {
        (_dataset, _images, _options) = (dataset, images, options);
        _batches = [.. Enumerable.Range(0, dataset.Count).GroupBy(PaddedSize).SelectMany(group => group.Chunk(options.BatchSize))
            .Where((_, batch) => options.Share.Has(batch))];
    }

    public DetectionDataset Dataset => _dataset;

    public int ImageCount => _dataset.Count;

    public string ImageSizes => _options.SizeText;

    public int BatchCount => _batches.Count;

    public string NameOf(int image) => _dataset.NameOf(image);

    public IEnumerable<IBatch> ReadEpoch(int epoch, int firstBatch, CancellationToken cancellation)
    {
        return _prefetcher.Read(firstBatch, BatchCount, Fill, cancellation);

        DetectionBatch Fill(int batch, DetectionBatch buffer, CancellationToken stop)
        {
            var numbers = _batches[batch];
            var images = new AugmentedImage[numbers.Length];
            InParallel.For(images.Length, _options.Workers, stop, slot =>
            {
                using var lease = _dataset.Rent(numbers[slot]);
                images[slot] = _images.Plain(lease.Image, new MarkedImage([]));
            });
            buffer.Fill(numbers, images, _options.Divisor, _options.Levels);
            return buffer;
        }
    }

    private ImageSize PaddedSize(int image)
    {
        var size = _dataset.SizeOf(image);
        var resized = _options.Preprocessing.SizeOf(size.Height, size.Width);
        return new ImageSize(resized.NewHeight, resized.NewWidth).PaddedTo(_options.Divisor);
    }
}
