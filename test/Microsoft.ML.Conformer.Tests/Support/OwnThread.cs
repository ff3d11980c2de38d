namespace Microsoft.ML.Conformer.Tests.Support;

/// <summary>
/// Work that loops until another thread ends it, or waits for other such work, in threads of its own: the thread pool starts with one
/// thread a core, so that on two cores the third piece of such work might never begin.
/// </summary>
internal static class OwnThread
{
    /// <summary>Starts work.</summary>
    public static Task<T> Start<T>(Func<T> work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Waits for the results of work, and throws what it threw.</summary>
    public static T[] Results<T>(IReadOnlyList<Task<T>> started)
    {
        Assert.IsTrue(Task.WaitAll([.. started], Patience.Limit), $"Threads did not end within {Patience.Limit}.");
        return [.. started.Select(work => work.Result)];
    }
}
