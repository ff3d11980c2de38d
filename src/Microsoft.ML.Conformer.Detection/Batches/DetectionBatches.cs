namespace Microsoft.ML.Conformer.Detection.Batches;

/// <summary>
/// Gives a data set in a new random order each epoch, every image augmented at random. Images that are wider than high do not come
/// together with others, so that little is padded; where a last batch of either kind is not full, it begins with images of the kind anew.
/// Of several ranks each has every so many of the batches.
/// </summary>
/// <param name="dataset">The images.</param>
/// <param name="augmenter">What is made of them.</param>
/// <param name="options">How they come.</param>
internal sealed class DetectionBatches(DetectionDataset dataset, ImageAugmenter augmenter, DetectionBatchOptions options) : IBatchSource
{
    private readonly BatchPrefetcher<DetectionBatch> _prefetcher = new(() => new DetectionBatch());
    private readonly int _count = dataset.Usable.GroupBy(image => IsWide(dataset, image))
        .Sum(group => (group.Count() + options.BatchSize - 1) / options.BatchSize) / options.Share.Ranks;

    public int ImageCount => dataset.Usable.Count;

    public string ImageSizes => options.SizeText;

    public int BatchCount => dataset.Usable.Count == 0 ? 0 : Math.Max(1, _count);

    public string NameOf(int image) => dataset.NameOf(image);

    public IEnumerable<IBatch> ReadEpoch(int epoch, int firstBatch, CancellationToken cancellation)
    {
        var batches = Order(epoch);
        return _prefetcher.Read(firstBatch, BatchCount, Fill, cancellation);

        DetectionBatch Fill(int batch, DetectionBatch buffer, CancellationToken stop)
        {
            var numbers = batches[options.Share.Batch(batch) % batches.Count];
            var images = new AugmentedImage[numbers.Length];
            InParallel.For(images.Length, options.Workers, stop, slot =>
            {
                var random = new ImageRandom(options.Seed, epoch, numbers[slot], options.Share.Batch(batch));
                using var lease = dataset.Rent(numbers[slot]);
                images[slot] = augmenter.Apply(lease.Image, dataset.Marked(numbers[slot]), Another, random);
            });
            buffer.Fill(numbers, images, options.Divisor, options.Levels);
            return buffer;
        }
    }

    /// <summary>The batches of an epoch, those of all ranks.</summary>
    internal IReadOnlyList<int[]> Order(int epoch)
    {
        var random = new ImageRandom(options.Seed, epoch, image: -1);
        var shuffled = random.NextPermutation(dataset.Usable.Count).Select(place => dataset.Usable[place]).ToList();
        List<int[]> batches =
        [
            .. shuffled.GroupBy(image => IsWide(dataset, image)).OrderBy(group => group.Key).SelectMany(group =>
            {
                int[] images = [.. group];
                var count = (images.Length + options.BatchSize - 1) / options.BatchSize * options.BatchSize;
                return Enumerable.Range(0, count).Select(i => images[i % images.Length]).Chunk(options.BatchSize);
            }),
        ];
        return [.. random.NextPermutation(batches.Count).Select(place => batches[place])];
    }

    private (RgbImage, MarkedImage) Another(ImageRandom random)
    {
        var image = dataset.Usable[random.NextInt32(dataset.Usable.Count)];
        using var lease = dataset.Rent(image);
        var pixels = lease.Image;
        // A copy: the lease's memory is another image's once it ends.
        return (new RgbImage(pixels.Width, pixels.Height, pixels.Pixels.AsSpan(0, pixels.ByteCount).ToArray()), dataset.Marked(image));
    }

    private static bool IsWide(DetectionDataset dataset, int image) => dataset.SizeOf(image) is var size && size.Width > size.Height;
}

/// <summary>How a data set's images come in batches.</summary>
internal sealed record DetectionBatchOptions
{
    public required int BatchSize { get; init; }

    /// <summary>Order and augmentations follow from it, the epoch and the image alone.</summary>
    public int Seed { get; init; }

    /// <summary>Of what padded sides are multiples.</summary>
    public required int Divisor { get; init; }

    public required DetectorPreprocessing Preprocessing { get; init; }

    /// <summary>The rank whose batches these are. Default: the only one.</summary>
    public RankShare Share { get; init; } = RankShare.All;

    /// <summary>Threads that resize. Default half of the processors.</summary>
    public int Workers { get; init; } = TrainingBatchOptions.WorkersBeside(Environment.ProcessorCount);

    /// <summary>What each of the 256 levels of each channel becomes.</summary>
    public float[] Levels => field ??= PreparedPhoto.Levels(OnnxInputKind.NormalizedNchw, Preprocessing.Colors);

    public string SizeText => $"up to {Preprocessing.LongestSide} x {Preprocessing.ShortestSide}";
}
