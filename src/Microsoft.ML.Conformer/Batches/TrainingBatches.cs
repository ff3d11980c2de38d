namespace Microsoft.ML.Conformer.Batches;

/// <summary>
/// Gives a data set in a new random order each epoch, every view of an image augmented at random. The last batch of an epoch is left out
/// where it is not full, as its images come in another order in the next epoch, unless the options say otherwise; a data set smaller than
/// a batch gives one smaller batch. Of several ranks each has its share of the images, and as many batches.
/// </summary>
internal sealed class TrainingBatches(ImageDataset dataset, TrainingBatchOptions options) : IBatchSource
{
    private readonly ImagePreprocessor _preprocessor = dataset.Preprocessor;
    private readonly BatchPrefetcher<ImageBatch> _prefetcher = new(() => ImageBatch.Buffer(
        Math.Min(options.BatchSize, dataset.Count), dataset.Preprocessor, options.Teacher?.ClassCount ?? 0));
    private readonly EpochSampler _sampler = new(dataset.Labels, options.Seed)
    {
        Balanced = options.Balanced,
        Views = options.Views,
        Share = options.ShowsEachOnce ? RankShare.All : options.Share,
    };

    public int ImageCount => dataset.Count;

    public string ImageSizes => dataset.Preprocessor.SizeText;

    public int BatchCount => options.ShowsEachOnce
        ? options.Share.BatchesOf((dataset.Count + options.BatchSize - 1) / options.BatchSize)
        : dataset.Count == 0 ? 0 : Math.Max(1, options.Share.ImagesOf(dataset.Count) / options.BatchSize);

    public string NameOf(int image) => dataset.NameOf(image);

    public IEnumerable<IBatch> ReadEpoch(int epoch, int firstBatch, CancellationToken cancellation)
    {
        var order = _sampler.Epoch(epoch);
        return _prefetcher.Read(firstBatch, BatchCount, Fill, cancellation);

        ImageBatch Fill(int batch, ImageBatch buffer, CancellationToken stop)
        {
            var images = order.AsMemory((options.ShowsEachOnce ? options.Share.Batch(batch) : batch) * options.BatchSize);
            var count = Math.Min(images.Length, options.BatchSize);
            InParallel.For(count, options.Workers, stop, slot => Augment(images.Span[slot], epoch, slot, buffer));
            var filled = buffer with { Count = count };
            options.Teacher?.Score(filled, stop);
            return filled;
        }
    }

    private void Augment((int Image, int View) shown, int epoch, int slot, ImageBatch batch)
    {
        var image = shown.Image;
        var random = new ImageRandom(options.Seed, epoch, image, shown.View);
        using var lease = dataset.Rent(image);
        var pixels = batch.Pixels.AsSpan(slot * _preprocessor.ByteCount, _preprocessor.ByteCount);
        options.Augmentation.Apply(lease.Image, _preprocessor, random, pixels);
        batch.Images[slot] = image;
        batch.Labels[slot] = dataset.Labels[image];
    }

    /// <summary>The images that an epoch shows, in order, each with the number of times that it has shown it before.</summary>
    public IReadOnlyList<(int Image, int View)> Order(int epoch) => _sampler.Epoch(epoch);
}

internal sealed record TrainingBatchOptions
{
    public required int BatchSize { get; init; }

    /// <summary>Order and augmentations follow from it, the epoch and the image alone.</summary>
    public required int Seed { get; init; }

    public required ImageAugmentation Augmentation { get; init; }

    /// <summary>Whether an epoch shows each class equally often. Default false.</summary>
    public bool Balanced { get; init; }

    /// <summary>How often an epoch shows an image, each time augmented anew, at least 1 (default).</summary>
    public int Views { get; init; } = 1;

    /// <summary>Scores each batch; null (default): there is no teacher.</summary>
    public IBatchTeacher? Teacher { get; init; }

    /// <summary>The rank whose batches these are. Default: the only one.</summary>
    public RankShare Share { get; init; } = RankShare.All;

    /// <summary>
    /// Whether all ranks together show each image once: with a last batch that may be smaller, and whole batches dealt out in turn. Default
    /// false.
    /// </summary>
    public bool ShowsEachOnce { get; init; }

    /// <summary>Threads that crop and resize. Default half of the processors: the network needs the others.</summary>
    public int Workers { get; init; } = WorkersBeside(Environment.ProcessorCount);

    /// <summary>Half as many threads as train the network, at least one and no more than processors.</summary>
    public static int WorkersBeside(int trainingThreads) => Math.Clamp(trainingThreads / 2, 1, Environment.ProcessorCount);
}
