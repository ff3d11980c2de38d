namespace Microsoft.ML.Conformer.Batches;

/// <summary>
/// Says which images an epoch of N shows, and in what order: N is the number of images in the data set, and all follows from the seed and
/// the epoch alone.
/// </summary>
/// <param name="labels">The class index of each image.</param>
/// <param name="seed">The run's.</param>
internal sealed class EpochSampler(IReadOnlyList<long> labels, int seed)
{
    /// <summary>
    /// Whether the classes that have images are shown equally often, whatever their number of images; by default each image is shown once.
    /// </summary>
    public bool Balanced { get; init; }

    /// <summary>
    /// Repeated augmentation (Hoffer et al., "Augment Your Batch", 2020): how often an image is shown, one view after the other; an epoch
    /// then has about N / views distinct images. Default 1.
    /// </summary>
    public int Views { get; init; } = 1;

    /// <summary>The rank that is told its part of the epoch. Default: the only one.</summary>
    public RankShare Share { get; init; } = RankShare.All;

    /// <summary>The epoch's images, [N / ranks], each with the number of times that the epoch has shown it before.</summary>
    public (int Image, int View)[] Epoch(int epoch)
    {
        var random = new ImageRandom(seed, epoch, image: -1);
        return Deal(Balanced ? InTurns(random) : random.NextPermutation(labels.Count), Views, Share);
    }

    /// <summary>
    /// Repeats each image <paramref name="views"/> times in a row and deals that out to ranks in turn, as many to each: N divided by
    /// their number and rounded up, for which the images begin anew where they are used up (PyTorch's DistributedSampler, and the official
    /// code's RASampler).
    /// </summary>
    /// <param name="order">The epoch's images, in random order.</param>
    /// <param name="views">How often each comes.</param>
    /// <param name="share">Which rank gets what is returned.</param>
    internal static (int Image, int View)[] Deal(int[] order, int views, RankShare share)
    {
        var dealt = new (int, int)[share.ImagesOf(order.Length)];
        var shown = new int[order.Length];
        for (var i = 0; i < dealt.Length * share.Ranks; i++)
        {
            var image = order[i / views % order.Length];
            var view = shown[image]++;
            if (i % share.Ranks == share.Rank)
                dealt[i / share.Ranks] = (image, view);
        }
        return dealt;
    }

    /// <summary>Each class in turn gives its next image; turns and the images of a class are shuffled whenever they begin anew.</summary>
    private int[] InTurns(ImageRandom random)
    {
        int[][] classes = [.. Enumerable.Range(0, labels.Count).GroupBy(image => labels[image]).OrderBy(group => group.Key)
            .Select(group => group.ToArray())];
        var (order, turns, given) = (new int[labels.Count], new int[classes.Length], new int[classes.Length]);
        for (var i = 0; i < order.Length; i++)
        {
            if (i % turns.Length == 0)
                turns = random.NextPermutation(turns.Length);
            var turn = turns[i % turns.Length];
            var (images, next) = (classes[turn], given[turn]++ % classes[turn].Length);
            if (next == 0)
                classes[turn] = [.. random.NextPermutation(images.Length).Select(place => images[place])];
            order[i] = classes[turn][next];
        }
        return order;
    }
}
