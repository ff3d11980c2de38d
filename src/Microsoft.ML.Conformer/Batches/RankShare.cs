namespace Microsoft.ML.Conformer.Batches;

/// <summary>The part of a data set that one of several ranks, which train together, takes; by default the only one takes all.</summary>
/// <param name="Rank">The rank, from 0.</param>
/// <param name="Ranks">Their number.</param>
internal sealed record RankShare(int Rank = 0, int Ranks = 1)
{
    public static RankShare All { get; } = new();

    /// <summary>As many images for each rank, though some come twice for it.</summary>
    public int ImagesOf(int all) => (all + Ranks - 1) / Ranks;

    /// <summary>Whole batches dealt out in turn, each to one rank: how many are this one's.</summary>
    public int BatchesOf(int all) => (all - Rank + Ranks - 1) / Ranks;

    /// <summary>Whether one of all batches is this rank's.</summary>
    public bool Has(int batch) => batch % Ranks == Rank;

    /// <summary>The number among all batches of this rank's n-th.</summary>
    public int Batch(int own) => (own * Ranks) + Rank;
}
