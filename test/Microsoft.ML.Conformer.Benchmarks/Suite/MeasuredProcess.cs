using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Microsoft.ML.Conformer.Benchmarks.Suite;

/// <summary>A process that repeats one measurement's work when it is told to, and rests between.</summary>
internal sealed class MeasuredProcess : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(10);

    private readonly Process _process;
    private readonly ChildUntilExit _child;

    private MeasuredProcess(Measurement measurement)
    {
        var start = measurement.StartInfo();
        start.RedirectStandardInput = true;
        Measurement = measurement;
        _process = Process.Start(start)!;
        _child = new ChildUntilExit(_process);
    }

    public Measurement Measurement { get; }

    /// <summary>The answers so far.</summary>
    public List<MeasuredTurn> Turns { get; } = [];

    /// <summary>Starts a process and waits until it has made itself warm.</summary>
    public static MeasuredProcess Start(Measurement measurement)
    {
        var process = new MeasuredProcess(measurement);
        try
        {
            while (process.Read() != RepeatedWork.Ready)
            {
                // Libraries may print something while they load.
            }
            return process;
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    public void TakeTurn(double seconds)
    {
        _process.StandardInput.WriteLine(seconds.ToString(CultureInfo.InvariantCulture));
        _process.StandardInput.Flush();
        Turns.Add(JsonSerializer.Deserialize<MeasuredTurn>(Read())!);
    }

    public void Dispose()
    {
        _child.Dispose();
        _process.Dispose();
    }

    private string Read()
    {
        var line = _process.StandardOutput.ReadLineAsync();
        if (!line.Wait(_patience))
            throw new TimeoutException($"{Measurement.Name}: no answer within {_patience.TotalMinutes} minutes.");
        return line.Result ?? throw new InvalidOperationException(
            $"{Measurement.Name}: '{Measurement.Program} {string.Join(' ', Measurement.Arguments)}' ended before its work was done; " +
            "its error is above.");
    }
}
