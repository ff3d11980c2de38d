using System.Collections.Concurrent;

namespace Microsoft.ML.Conformer.Batches;

/// <summary>Makes the next batches on a thread of its own while the network works on the current one, in reused buffers.</summary>
/// <param name="makeBuffer">Makes a buffer that any batch fits in.</param>
internal sealed class BatchPrefetcher<TBatch>(Func<TBatch> makeBuffer)
{
    /// <summary>Batches made ahead: one that is complete and one in the making.</summary>
    private const int Ahead = 2;

    private readonly ConcurrentBag<TBatch> _buffers = [];

    /// <summary>
    /// The batches <paramref name="first"/> ... <paramref name="batchCount"/> - 1, in order. A batch is valid until the next one is asked
    /// for; this throws what <paramref name="fill"/> threw, which makes a batch in a buffer. Stopping early or canceling ends the thread
    /// before this returns.
    /// </summary>
    public IEnumerable<TBatch> Read(
        int first, int batchCount, Func<int, TBatch, CancellationToken, TBatch> fill, CancellationToken cancellation)
    {
        TBatch[] buffers = [.. Enumerable.Range(0, Ahead + 1).Select(_ => _buffers.TryTake(out var used) ? used : makeBuffer())];
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var free = new BlockingCollection<TBatch>();
        using var ready = new BlockingCollection<TBatch>();
        foreach (var buffer in buffers)
            free.Add(buffer);
        var maker = Task.Factory.StartNew(MakeBatches, TaskCreationOptions.LongRunning);
        try
        {
            foreach (var batch in ready.GetConsumingEnumerable(cancellation))
            {
                yield return batch;
                free.Add(batch);
            }
            cancellation.ThrowIfCancellationRequested();
            maker.GetAwaiter().GetResult();
        }
        finally
        {
            stop.Cancel();
            // Ends without throwing: an error of the maker was thrown above, or nobody waits for its batch anymore. Looking at the error
            // keeps it from being raised as an unobserved one later.
            Task.WaitAny(maker);
            _ = maker.Exception;
            foreach (var buffer in buffers)
                _buffers.Add(buffer);
        }

        void MakeBatches()
        {
            try
            {
                for (var index = first; index < batchCount; index++)
                    ready.Add(fill(index, free.Take(stop.Token), stop.Token));
            }
            finally
            {
                ready.CompleteAdding();
            }
        }
    }
}
