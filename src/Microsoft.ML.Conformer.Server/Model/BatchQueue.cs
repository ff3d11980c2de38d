using System.Diagnostics;
using System.Threading.Channels;

namespace Conformer.Server.Model;

/// <summary>
/// Gathers the images of concurrent requests into batches: while one batch is scored the next one's images arrive, so none waits for
/// others to come.
/// </summary>
internal sealed class BatchQueue
{
    private readonly Channel<QueuedImage> _waiting = Channel.CreateUnbounded<QueuedImage>();
    private readonly int _maxBatchSize;
    private readonly ScoringStatistics _statistics;

    public BatchQueue(int maxBatchSize, ScoringStatistics statistics)
    {
        (_maxBatchSize, _statistics) = (maxBatchSize, statistics);
        statistics.Observe(() => Count);
    }

    /// <summary>Images that wait, apart from the batch that is being scored.</summary>
    public int Count => _waiting.Reader.Count;

    /// <summary>Queues an image, which belongs to the queue from now on, and disposes it once it is scored.</summary>
    /// <returns>False where the server is stopping; the image is still the caller's.</returns>
    public bool TryAdd(QueuedImage image) => _waiting.Writer.TryWrite(image);

    /// <summary>Takes no more images; <see cref="ScoreAllAsync"/> ends when those that wait are scored.</summary>
    public void Complete() => _waiting.Writer.TryComplete();

    /// <summary>Scores batch after batch until <see cref="Complete"/>; to be called once.</summary>
    public async Task ScoreAllAsync()
    {
        var batch = new List<QueuedImage>(_maxBatchSize);
        while (await _waiting.Reader.WaitToReadAsync())
        {
            Gather(batch);
            if (batch.Count > 0)
                Score(batch);
        }
    }

    private void Gather(List<QueuedImage> batch)
    {
        batch.Clear();
        // Where another model has taken over, those who came before it have a batch of their own.
        while (batch.Count < _maxBatchSize && _waiting.Reader.TryPeek(out var next) && (batch.Count == 0 || next.Model == batch[0].Model)
            && _waiting.Reader.TryRead(out var image))
        {
            if (image.IsAbandoned)
                image.Dispose();
            else
                batch.Add(image);
        }
    }

    private void Score(List<QueuedImage> batch)
    {
        try
        {
            var start = Stopwatch.GetTimestamp();
            var results = batch[0].Model.Network.Score(batch.ConvertAll(queued => queued.Image));
            _statistics.AddBatch(batch.Count, start);
            foreach (var (image, one) in batch.Zip(results))
                image.SetResult(one);
        }
        // Such as ONNX Runtime's lack of memory: these requests fail, the next batch may well succeed.
        catch (Exception exception)
        {
            batch.ForEach(image => image.SetFailure(exception));
        }
        finally
        {
            batch.ForEach(image => image.Dispose());
        }
    }
}
