using System.Collections.Concurrent;

namespace Microsoft.ML.Conformer.Batches;

/// <summary>Makes the next batches on a thread of its own while the network works on the current one, in reused buffers.</summary>
/// <param name="batchSize">The most images in a batch.</param>
/// <param name="imageLength">The values of an image.</param>
/// <param name="teacherClasses">The values that a teacher gives for an image; 0 (default): there is none.</param>
internal sealed class BatchPrefetcher(int batchSize, int imageLength, int teacherClasses = 0)
{
    /// <summary>Batches made ahead: one that is complete and one in the making.</summary>
    private const int Ahead = 2;

    private readonly ConcurrentBag<ImageBatch> _buffers = [];

    /// <summary>
    /// The batches <paramref name="first"/> ... <paramref name="batchCount"/> - 1, in order. A batch is valid until the next one is asked
    /// for; this throws what <paramref name="fill"/> threw, which fills a buffer with the images of a batch and gives their number.
    /// Stopping early or canceling ends the thread before this returns.
    /// </summary>
    public IEnumerable<ImageBatch> Read(
        int first, int batchCount, Func<int, ImageBatch, CancellationToken, int> fill, CancellationToken cancellation)
    {
        ImageBatch[] buffers = [.. Enumerable.Range(0, Ahead + 1).Select(_ => TakeBuffer())];
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var free = new BlockingCollection<ImageBatch>();
        using var ready = new BlockingCollection<ImageBatch>();
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
                {
                    var buffer = free.Take(stop.Token);
                    ready.Add(buffer with { Count = fill(index, buffer, stop.Token) });
                }
            }
            finally
            {
                ready.CompleteAdding();
            }
        }
    }

    private ImageBatch TakeBuffer() =>
        _buffers.TryTake(out var used) ? used
            : new ImageBatch(new float[checked(batchSize * imageLength)], new long[batchSize], new int[batchSize], 0)
            {
                TeacherScores = new float[checked(batchSize * teacherClasses)],
            };
}
