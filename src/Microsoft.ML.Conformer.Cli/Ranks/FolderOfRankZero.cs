namespace Conformer.Cli.Ranks;

/// <summary>A folder that rank 0 fills before the ranks train together, and that the others then read.</summary>
internal static class FolderOfRankZero
{
    /// <summary>Tells all ranks the folder, once it is complete; each of them calls this.</summary>
    /// <param name="options">Whether there are other ranks, and how long they wait.</param>
    /// <param name="fill">Fills it on rank 0, and gives its path.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public static string Share(NetworkTrainerOptions options, Func<string> fill, CancellationToken cancellation) =>
        RankWork.Do(options.Distributed, options.DistributedTimeout, cancellation,
            ranks => ranks.All.OfRankZero(ranks.All.Rank == 0 ? fill() : null, "the drawing of images")!);
}
