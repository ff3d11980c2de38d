namespace Conformer.Cli.Sweeping;

/// <summary>The processes that mpirun started to sweep together, each with a trial of its own; or the one that sweeps alone.</summary>
internal sealed class SweepRanks : IDisposable
{
    public SweepRanks(SweepSettings settings, CancellationToken cancellation)
    {
        End = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Group = RankGroup.Join(settings.Training.Distributed, settings.Training.DistributedTimeout, End.Token);
    }

    public RankGroup Group { get; }

    /// <summary>Ends the sweep, on all ranks, with what it has so far.</summary>
    public CancellationTokenSource End { get; }

    /// <summary>Whether this is the one that writes.</summary>
    public bool IsFirst => Group.All.Rank == 0;

    /// <summary>Does work with the others, and tells them where it fails here.</summary>
    public async Task<T> DoAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception exception)
        {
            // The others do not come to a cancellation at the same place.
            Group.Fail(exception is OperationCanceledException ? new InvalidOperationException("interrupted", exception) : exception);
            throw;
        }
    }

    /// <summary>Does work on rank 0, and when that is done, on the others.</summary>
    public T FirstThenOthers<T>(Func<T> work)
    {
        if (!IsFirst)
            Wait();
        var done = work();
        if (IsFirst)
            Wait();
        return done;

        void Wait() => Group.All.Gather([], "the preparation");
    }

    public void Dispose()
    {
        Group.Dispose();
        End.Dispose();
    }
}
