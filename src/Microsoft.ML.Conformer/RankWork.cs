namespace Microsoft.ML.Conformer;

/// <summary>What ranks do together.</summary>
internal static class RankWork
{
    /// <summary>Does work with the other ranks, if any, and tells them where this one fails.</summary>
    /// <inheritdoc cref="RankGroup.Join"/>
    public static T Do<T>(DistributedTraining distributed, TimeSpan timeout, CancellationToken cancellation, Func<RankGroup, T> work)
    {
        using var ranks = RankGroup.Join(distributed, timeout, cancellation);
        try
        {
            return work(ranks);
        }
        catch (Exception exception) when (exception is not TrainingDivergedException) // which all ranks come to together
        {
            ranks.Fail(exception);
            throw;
        }
    }
}
