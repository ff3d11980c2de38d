using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Conformer.Server.Model;

/// <summary>Counts what was scored: for /health, and as a meter for /metrics and dotnet-counters.</summary>
internal sealed class ScoringStatistics
{
    public const string MeterName = "Conformer.Server";

    private readonly Histogram<int> _batchSizes;
    private readonly Histogram<double> _batchSeconds;
    private readonly Counter<long> _imagesByResult, _reloads;
    private readonly Meter _meter;
    private long _batches, _images;

    public ScoringStatistics(IMeterFactory meters)
    {
        _meter = meters.Create(MeterName);
        _batchSizes = _meter.CreateHistogram(
            "conformer.batch.size", "{image}", "Images that were scored at once",
            advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] });
        _batchSeconds = _meter.CreateHistogram(
            "conformer.batch.duration", "s", "Time to score a batch",
            advice: new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
            });
        _imagesByResult = _meter.CreateCounter<long>("conformer.images", "{image}", "Images that were answered");
        _reloads = _meter.CreateCounter<long>("conformer.model.reloads", "{reload}", "Replaced model files");
    }

    /// <summary>Number of batches scored so far.</summary>
    public long Batches => Interlocked.Read(ref _batches);

    /// <summary>Number of images scored so far.</summary>
    public long Images => Interlocked.Read(ref _images);

    /// <summary>Lets the number of images that wait be asked for.</summary>
    public void Observe(Func<int> queueLength) =>
        _meter.CreateObservableGauge("conformer.queue.length", queueLength, "{image}", "Images that wait for the batch being scored");

    /// <param name="images">Images of the batch.</param>
    /// <param name="start">When it was begun: a timestamp of <see cref="Stopwatch"/>.</param>
    public void AddBatch(int images, long start)
    {
        Interlocked.Increment(ref _batches);
        Interlocked.Add(ref _images, images);
        _batchSizes.Record(images);
        _batchSeconds.Record(Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    /// <summary>Images that a request was answered about.</summary>
    public void AddImages(int scored, int refused)
    {
        _imagesByResult.Add(scored, new KeyValuePair<string, object?>("result", "scored"));
        _imagesByResult.Add(refused, new KeyValuePair<string, object?>("result", "refused"));
    }

    public void AddReload(bool succeeded) =>
        _reloads.Add(1, new KeyValuePair<string, object?>("result", succeeded ? "taken over" : "refused"));
}
