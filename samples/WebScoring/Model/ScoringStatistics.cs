using System.Diagnostics.Metrics;

namespace WebScoring.Model;

/// <summary>Counts what was scored: for /health, and as the meter "WebScoring" for dotnet-counters and OpenTelemetry.</summary>
internal sealed class ScoringStatistics
{
    private readonly Histogram<int> _batchSizes;
    private long _batches, _images;

    public ScoringStatistics(IMeterFactory meters) => _batchSizes = meters.Create("WebScoring")
        .CreateHistogram<int>("webscoring.batch.size", "{image}", "Images that were scored at once");

    /// <summary>Number of batches scored so far.</summary>
    public long Batches => Interlocked.Read(ref _batches);

    /// <summary>Number of images scored so far.</summary>
    public long Images => Interlocked.Read(ref _images);

    public void AddBatch(int images)
    {
        Interlocked.Increment(ref _batches);
        Interlocked.Add(ref _images, images);
        _batchSizes.Record(images);
    }
}
