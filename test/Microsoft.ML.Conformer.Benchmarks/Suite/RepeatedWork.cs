using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Microsoft.ML.Conformer.Benchmarks.Suite;

/// <summary>
/// Work that is repeated and timed. By itself it runs for --seconds and prints a line of JSON; with --turns it waits until another process
/// says by a line of its standard input for how many seconds to run, and answers each with a line of JSON.
/// </summary>
internal static class RepeatedWork
{
    /// <summary>What is printed before the first turn.</summary>
    public const string Ready = "ready";

    private const int WarmUps = 2, FewestTimes = 2;

    /// <param name="given">Options: --turns true, or --seconds 8.</param>
    /// <param name="images">The images, or other units, that each call works on; times are for one of them.</param>
    /// <param name="work">What is timed.</param>
    public static int Run(Arguments given, double images, Action work)
    {
        for (var i = 0; i < WarmUps; i++)
            work();
        if (!given.Has("--turns"))
        {
            var (times, _) = Turn(given.Number("--seconds", 8), images, work);
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                ms_per_image_median = Math.Round(Statistics.Median(times), 2),
                ms_per_image_min = Math.Round(times.Min(), 2),
                ms_per_image_max = Math.Round(times.Max(), 2),
                repeats = times.Count,
                peak_rss_mib = PeakMiB(),
            }));
            return 0;
        }
        Console.WriteLine(Ready);
        while (Console.ReadLine() is { } seconds)
        {
            var (times, allocated) = Turn(double.Parse(seconds, CultureInfo.InvariantCulture), images, work);
            Console.WriteLine(JsonSerializer.Serialize(new MeasuredTurn([.. times], PeakMiB(), allocated)));
        }
        return 0;
    }

    public static long PeakMiB()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64 >> 20;
    }

    private static (List<double> Times, long AllocatedBytes) Turn(double seconds, double images, Action work)
    {
        var times = new List<double>(capacity: 1 << 16);
        var (allocated, begin) = (GC.GetTotalAllocatedBytes(precise: true), Stopwatch.GetTimestamp());
        while (times.Count < FewestTimes || Stopwatch.GetElapsedTime(begin).TotalSeconds < seconds)
        {
            var start = Stopwatch.GetTimestamp();
            work();
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds / images);
        }
        return (times, (long)((GC.GetTotalAllocatedBytes(precise: true) - allocated) / times.Count / images));
    }
}
