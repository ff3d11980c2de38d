using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.ML.Conformer.Tests.Support;

namespace Microsoft.ML.Conformer.Benchmarks.Serving;

/// <summary>The program `conformer-server` as a process of its own.</summary>
internal sealed class ServerProcess : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;

    public ServerProcess(string model)
    {
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            Address = new Uri($"http://{free.LocalEndpoint}");
        }
        var listens = new TaskCompletionSource();
        _process = new Process
        {
            StartInfo = new ProcessStartInfo("dotnet", ["exec", BuiltApp.Find("ServerProgram"), model, "--urls", $"{Address}"])
            {
                RedirectStandardOutput = true,
            },
        };
        _process.OutputDataReceived += (_, line) =>
        {
            if (line.Data?.Contains("Now listening", StringComparison.Ordinal) == true)
                listens.TrySetResult();
        };
        _process.Start();
        _process.BeginOutputReadLine();
        if (!listens.Task.Wait(_patience))
            throw new TimeoutException("The server does not listen.");
    }

    public Uri Address { get; }

    /// <summary>Resident memory in MiB.</summary>
    public long Resident => Status("VmRSS");

    /// <summary>The most of it so far.</summary>
    public long PeakResident => Status("VmHWM");

    /// <summary>Tells it to stop, as a container runtime does.</summary>
    /// <returns>How long it took, and its exit code.</returns>
    public (TimeSpan Time, int ExitCode) Stop()
    {
        var begun = Stopwatch.GetTimestamp();
        using (var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]))
            kill.WaitForExit();
        if (!_process.WaitForExit(_patience))
            throw new TimeoutException("The server does not stop.");
        return (Stopwatch.GetElapsedTime(begun), _process.ExitCode);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private long Status(string key)
    {
        var line = File.ReadLines($"/proc/{_process.Id}/status").Single(line => line.StartsWith(key + ':', StringComparison.Ordinal));
        return long.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) >> 10;
    }
}
