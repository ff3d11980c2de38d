using System.Diagnostics;

namespace Microsoft.ML.AutoML;

/// <summary>Samples the process's use of processors and memory every two seconds.</summary>
internal sealed class PerformanceSampler : IDisposable
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly Timer _timer;
    private TimeSpan _processorTime = Environment.CpuUsage.TotalTime;

    public PerformanceSampler()
    {
        Sample();
        _timer = new Timer(_ => Sample(), null, s_interval, s_interval);
    }

    /// <summary>Highest use of all processors, as a fraction.</summary>
    public double PeakCpu { get; private set; }

    public double PeakMemoryInMegaByte { get; private set; }

    public void Dispose() => _timer.Dispose();

    private void Sample()
    {
        using var process = Process.GetCurrentProcess();
        lock (_lock)
        {
            var now = process.TotalProcessorTime;
            PeakCpu = Math.Max(PeakCpu, (now - _processorTime) / (Environment.ProcessorCount * s_interval));
            PeakMemoryInMegaByte = Math.Max(PeakMemoryInMegaByte, process.WorkingSet64 / (1024.0 * 1024));
            _processorTime = now;
        }
    }
}
