using System.IO.Hashing;
using System.Text.Json;

namespace Microsoft.ML.Conformer.Training.Distributed;

/// <summary>Finds out whether the ranks are about to train the same network in the same way on the same images.</summary>
internal static class RankComparison
{
    /// <summary>Ranks that a message names at most.</summary>
    private const int MostRanks = 8;

    /// <param name="all">The ranks.</param>
    /// <param name="describe">Gives what must be the same on all of them, by names that a user understands; not asked of one alone.</param>
    /// <exception cref="InvalidOperationException">Something differs; the message is the same on all ranks, and names it.</exception>
    public static void EnsureSame(ICollective all, Func<IReadOnlyDictionary<string, string>> describe)
    {
        if (all.Size == 1)
            return;
        var own = JsonSerializer.SerializeToUtf8Bytes(describe());
        if (all.GatherOne(XxHash3.HashToUInt64(own), "the comparison of options").Distinct().Count() == 1)
            return;
        var ranks = all.Gather(own, "the comparison of options")
            .Select(json => JsonSerializer.Deserialize<Dictionary<string, string>>(json)!).ToList();
        var differences = ranks.SelectMany(rank => rank.Keys).Distinct()
            .Select(name => (name, Values: ranks.Select(rank => rank.GetValueOrDefault(name, "nothing")).ToList()))
            .Where(fact => fact.Values.Distinct().Count() > 1)
            .Select(fact => $"{VisibleText.Of(fact.name)} is " + string.Join(", ", fact.Values.Index().GroupBy(one => one.Item).Select(
                same => $"{VisibleText.Of(same.Key)} on {Names([.. same.Select(one => one.Index)])}")));
        throw new InvalidOperationException(
            $"The ranks cannot train together, for they are to do different things: {string.Join("; ", differences)}. Start all by one " +
            "mpirun, with the same program, options and data.");
    }

    private static string Names(int[] ranks) => (ranks.Length == 1 ? "rank " : "ranks ") +
        string.Join(", ", ranks.Take(MostRanks)) + (ranks.Length > MostRanks ? $" and {ranks.Length - MostRanks} more" : "");
}
