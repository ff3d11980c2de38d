namespace Microsoft.ML.Conformer.Detection.Batches;

/// <summary>
/// Gives a data set in a new random order each epoch, every photo augmented at random. Batches are always full: where a last one is not, it
/// begins with the photos anew. Of several ranks each has every so many of the batches.
/// </summary>
/// <typeparam name="TPhoto">A photo with what is to be learned from it.</typeparam>
/// <param name="dataset">The photos.</param>
/// <param name="options">How they come.</param>
internal abstract class PhotoBatches<TPhoto>(PhotoDataset dataset, PhotoBatchOptions options) : IBatchSource
{
    private readonly BatchPrefetcher<PaddedBatch> _prefetcher = new(() => new PaddedBatch());
    private readonly int _count = dataset.Usable.GroupBy(image => options.IsApart(dataset.SizeOf(image)))
        .Sum(group => (group.Count() + options.BatchSize - 1) / options.BatchSize) / options.Share.Ranks;

    protected PhotoBatchOptions Options => options;

    public int ImageCount => dataset.Usable.Count;

    public string ImageSizes => options.SizeText;

    public int BatchCount => dataset.Usable.Count == 0 ? 0 : Math.Max(1, _count);

    public string NameOf(int image) => dataset.NameOf(image);

    public IEnumerable<IBatch> ReadEpoch(int epoch, int firstBatch, CancellationToken cancellation)
    {
        var batches = Order(epoch);
        return _prefetcher.Read(firstBatch, BatchCount, FillOne, cancellation);

        PaddedBatch FillOne(int batch, PaddedBatch buffer, CancellationToken stop)
        {
            var numbers = batches[options.Share.Batch(batch) % batches.Count];
            var photos = new TPhoto[numbers.Length];
            InParallel.For(photos.Length, options.Workers, stop, slot => photos[slot] = Augment(
                numbers[slot], new ImageRandom(options.Seed, epoch, numbers[slot], options.Share.Batch(batch))));
            Fill(buffer, numbers, photos);
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
            .. shuffled.GroupBy(image => options.IsApart(dataset.SizeOf(image))).OrderBy(group => group.Key).SelectMany(group =>
            {
                int[] images = [.. group];
                var count = (images.Length + options.BatchSize - 1) / options.BatchSize * options.BatchSize;
                return Enumerable.Range(0, count).Select(i => images[i % images.Length]).Chunk(options.BatchSize);
            }),
        ];
        return [.. random.NextPermutation(batches.Count).Select(place => batches[place])];
    }

    /// <summary>Makes of a photo what the network is trained with.</summary>
    protected abstract TPhoto Augment(int image, ImageRandom random);

    /// <summary>Puts photos and targets into a batch.</summary>
    protected abstract void Fill(PaddedBatch batch, int[] numbers, TPhoto[] photos);
}

/// <summary>How a data set's photos come in batches.</summary>
internal sealed record PhotoBatchOptions
{
    public required int BatchSize { get; init; }

    /// <summary>Order and augmentations follow from it, the epoch and the image alone.</summary>
    public int Seed { get; init; }

    /// <summary>Of what padded sides are multiples.</summary>
    public required int Divisor { get; init; }

    public required DetectorPreprocessing Preprocessing { get; init; }

    /// <summary>
    /// Whether photos that are wider than high do not come together with others, so that little is padded. Default false.
    /// </summary>
    public bool KeepsWideApart { get; init; }

    /// <summary>The rank whose batches these are. Default: the only one.</summary>
    public RankShare Share { get; init; } = RankShare.All;

    /// <summary>Threads that resize. Default half of the processors.</summary>
    public int Workers { get; init; } = TrainingBatchOptions.WorkersBeside(Environment.ProcessorCount);

    /// <summary>What each of the 256 levels of each channel becomes.</summary>
    public float[] Levels => field ??= PreparedPhoto.Levels(OnnxInputKind.NormalizedNchw, Preprocessing.Colors);

    public string SizeText => $"up to {Preprocessing.LongestSide} x {Preprocessing.ShortestSide}";

    /// <summary>Photos of which this differs do not come together.</summary>
    public bool IsApart(ImageSize size) => KeepsWideApart && size.Width > size.Height;
}
