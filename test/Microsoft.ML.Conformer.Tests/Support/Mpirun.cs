using System.Diagnostics;

namespace Microsoft.ML.Conformer.Tests.Support;

/// <summary>Processes that Open MPI's mpirun starts on this machine.</summary>
internal static class Mpirun
{
    private static readonly string _app = BuiltApp.Find("TrainingApp");

    /// <summary>Runs test/Training.App as one rank for each list of arguments, with one thread each.</summary>
    /// <returns>mpirun's exit code, the lines of all ranks, and how long it took.</returns>
    public static (int ExitCode, string[] Lines, TimeSpan Time) Run(params string[][] ranks) => Run(Start(Each(ranks.Select(Program))));

    /// <summary>The arguments that start a rank of each command.</summary>
    public static IEnumerable<string> Each(IEnumerable<string[]> commands) =>
        commands.SelectMany((command, rank) => (string[])[.. rank == 0 ? [] : (string[])[":"], "-n", "1", .. command]);

    /// <summary>The command of a rank of test/Training.App.</summary>
    public static string[] Program(params string[] arguments)
    {
        var start = ChildProcess.DotNet(_app);
        return [start.FileName, .. start.ArgumentList, .. arguments];
    }

    /// <summary>Runs mpirun with arguments of its own.</summary>
    /// <param name="arguments">The ranks' number and programs.</param>
    /// <param name="within">A command that runs mpirun, with its arguments.</param>
    public static (int ExitCode, string[] Lines, TimeSpan Time) Command(IEnumerable<string> arguments, params string[] within) =>
        Run(Start(arguments, within));

    /// <inheritdoc cref="Command"/>
    public static ProcessStartInfo Start(IEnumerable<string> arguments, params string[] within)
    {
        EnsureInstalled();
        string[] command = [.. within, "mpirun", "--oversubscribe", "--bind-to", "none", .. arguments];
        var start = new ProcessStartInfo(command[0], command[1..]);
        // Containers run as root, which mpirun asks to confirm; several ranks on few processors are what is tested here.
        start.Environment["OMPI_ALLOW_RUN_AS_ROOT"] = start.Environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1";
        start.Environment["OMP_NUM_THREADS"] = "1";
        start.Environment["TERM"] = "dumb"; // mpirun gives each rank a terminal
        return start;
    }

    /// <summary>Runs what <see cref="Start"/> gives to its end.</summary>
    public static (int ExitCode, string[] Lines, TimeSpan Time) Run(ProcessStartInfo start)
    {
        var clock = Stopwatch.StartNew();
        var (exitCode, output, error) = ChildProcess.Run(start);
        var lines = (output + error).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return (exitCode, lines, clock.Elapsed);
    }

    public static void EnsureInstalled()
    {
        if (!OperatingSystem.IsLinux() || !(Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
                .Any(folder => File.Exists(Path.Combine(folder, "mpirun"))))
            Assert.Inconclusive("No mpirun; install Debian's openmpi-bin.");
    }
}
