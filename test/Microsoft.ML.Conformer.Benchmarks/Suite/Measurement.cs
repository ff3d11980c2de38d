using System.Diagnostics;
using System.Globalization;

namespace Microsoft.ML.Conformer.Benchmarks.Suite;

/// <summary>A process that measures one thing, as <see cref="RepeatedWork"/> does.</summary>
/// <param name="Name">What it is called in tables.</param>
/// <param name="Program">The program.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="Threads">The threads that its libraries may compute on.</param>
internal sealed record Measurement(string Name, string Program, IReadOnlyList<string> Arguments, int Threads)
{
    /// <summary>One of this program's commands.</summary>
    public static Measurement Own(string name, int threads, params IReadOnlyList<string> command) =>
        Once(name, threads, [.. command, "--turns", "true"]);

    /// <summary>One of this program's commands that measures by itself, once.</summary>
    public static Measurement Once(string name, int threads, params IReadOnlyList<string> command) => new(
        name, Environment.ProcessPath!, [typeof(Measurement).Assembly.Location, .. command], threads);

    /// <summary>How its process is started, whose output is to be read.</summary>
    public ProcessStartInfo StartInfo()
    {
        var start = new ProcessStartInfo(Program, Arguments) { RedirectStandardOutput = true };
        foreach (var name in (string[])["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"])
            start.Environment[name] = Threads.ToString(CultureInfo.InvariantCulture);
        return start;
    }

    /// <summary>What a command prints that measures by itself.</summary>
    public string Output()
    {
        using var process = Process.Start(StartInfo())!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : $"Not measured: exit code {process.ExitCode}.";
    }
}
