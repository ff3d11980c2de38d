using System.Diagnostics;
using System.Text.Json;
using Microsoft.ML.Conformer.Data.Decoding;

namespace Microsoft.ML.Conformer.Benchmarks.Training;

/// <summary>
/// Decodes a folder of odd and hostile image files over and over on all processors, and prints a line of JSON: how many were used and
/// refused, whether each file had the same pixels or the same error every time, and the process's peak of resident memory.
/// </summary>
internal static class OddFiles
{
    /// <summary>Options, each with a value: --data, a folder of files; --rounds 100.</summary>
    public static int Run(string[] arguments)
    {
        var given = new Arguments(arguments);
        var files = Directory.GetFiles(given.Text("--data"));
        var outcomes = files.ToDictionary(file => file, Outcome);
        var (rounds, changed, begin, memory) = (given.Number("--rounds", 100), 0, Stopwatch.GetTimestamp(), new List<long>());
        for (var round = 0; round < rounds; round++)
        {
            Parallel.ForEach(files, file =>
            {
                if (Outcome(file) != outcomes[file])
                    Interlocked.Increment(ref changed);
            });
            memory.Add(Environment.WorkingSet >> 20);
        }
        using var process = Process.GetCurrentProcess();
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            files = files.Length,
            used = outcomes.Values.Count(outcome => outcome.Error is null),
            rounds,
            changed,
            seconds = Math.Round(Stopwatch.GetElapsedTime(begin).TotalSeconds, 1),
            rss_mib_after_10 = memory[Math.Min(9, rounds - 1)],
            rss_mib_at_end = memory[^1],
            peak_rss_mib = process.PeakWorkingSet64 >> 20,
        }));
        return changed == 0 ? 0 : 1;
    }

    private static (ulong Hash, string? Error) Outcome(string file)
    {
        try
        {
            using var image = new EncodedImage(EncodedImage.ReadFile(file), new());
            var pixels = image.Decode();
            return (System.IO.Hashing.XxHash3.HashToUInt64(pixels.Pixels.AsSpan(0, pixels.ByteCount)), null);
        }
        catch (InvalidDataException exception)
        {
            return (0, exception.Message);
        }
    }
}
