using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Conformer.Files;

namespace Microsoft.ML.Conformer.Tests.Models.Hostile;

/// <summary>What became of a file that was opened by a process of its own (test/HostileModel.App).</summary>
/// <param name="Path">The file.</param>
/// <param name="Output">What the process said: "opened SCORES" or "refused TYPE: MESSAGE"; else why it was ended.</param>
internal sealed record HostileRun(string Path, string Output)
{
    private const string Opened = "opened ", Refused = "refused ";

    /// <summary>What a file may take. Of the memory the process takes 0.1 GB for itself.</summary>
    private const long MostBytes = 600_000_000;

    private const int LongestMessage = 2000, PollMilliseconds = 50;

    /// <summary>Those that are documented for what is no model.</summary>
    private static readonly string[] _documented =
    [
        nameof(InvalidDataException), nameof(IOException), nameof(FileNotFoundException), nameof(CheckpointFormatException),
        nameof(WeightMismatchException),
    ];

    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(10);
    private static readonly string _app = BuiltApp.Find("HostileModelApp");

    /// <summary>
    /// Opens a file from a folder full of files that a model may ask for. None but it is opened: the folder is watched, and the pipe among
    /// them never answers.
    /// </summary>
    public static HostileRun Of(string name, Action<string> write)
    {
        using var folder = new TemporaryFolder();
        var bait = Directory.CreateDirectory(folder.File("bait")).FullName;
        foreach (var file in (string[])["app.json", "secret.bin", "link.bin", "big.bin", "model.onnx.data"])
        {
            File.WriteAllBytes(System.IO.Path.Combine(bait, file), new byte[4096]);
            File.WriteAllBytes(folder.File(file), new byte[4096]);
        }
        Directory.CreateDirectory(System.IO.Path.Combine(bait, "sub"));
        SpecialFile.Pipe(System.IO.Path.Combine(bait, "fifo"));
        var path = System.IO.Path.Combine(bait, name);
        write(path);
        using OpenedFiles inside = new(bait), outside = new(folder.Path);
        var run = new HostileRun(path, Run(path, bait));
        var opened = inside.Names().Where(file => file != name).Concat(outside.Names().Where(file => file != "bait")).ToList();
        return opened.Count == 0 ? run : run with { Output = $"It opened {string.Join(", ", opened)}, and {run.Output}" };
    }

    /// <summary>What is wrong with a refusal that should be one of the documented, clear and name the file; null where it is.</summary>
    public string? RefusalFault(string says)
    {
        if (!Output.StartsWith(Refused, StringComparison.Ordinal))
            return Output;
        var (type, message) = Output[Refused.Length..].Split(": ", 2) is [var before, var after] ? (before, after) : ("", "");
        return !_documented.Contains(type) ? $"type: {Output}"
            : message.Length > LongestMessage ? $"{message.Length} characters: {Output}"
            : message.Any(char.IsControl) ? $"control characters: {VisibleText.Escaped(Output)}"
            : !message.Contains(Path, StringComparison.Ordinal) && !message.Contains(VisibleText.OfPath(Path), StringComparison.Ordinal)
                ? $"no path: {Output}"
            : !message.Contains(says, StringComparison.Ordinal) ? $"'{says}' is expected: {Output}"
            : null;
    }

    /// <summary>What is wrong with the scores, which should be these; null where they are.</summary>
    public string? ScoresFault(IReadOnlyList<float> expected)
    {
        const double rounding = 1e-5;
        return Scores is { } scores && scores.Count == expected.Count
            && scores.Zip(expected).All(pair => Math.Abs(pair.First - pair.Second) < rounding) ? null : Output;
    }

    /// <summary>The scores; null where the file was not opened.</summary>
    public IReadOnlyList<float>? Scores => Output.StartsWith(Opened, StringComparison.Ordinal)
        ? [.. Output[Opened.Length..].Split(' ').Select(score => float.Parse(score, CultureInfo.InvariantCulture))]
        : null;

    private static string Run(string path, string folder)
    {
        var start = ChildProcess.DotNet("exec", _app, path);
        start.WorkingDirectory = folder;
        // Nothing is ever written to its input: to read it is to wait.
        (start.RedirectStandardInput, start.RedirectStandardOutput, start.RedirectStandardError) = (true, true, true);
        var clock = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        try
        {
            var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            while (!process.WaitForExit(PollMilliseconds))
            {
                if (clock.Elapsed > _longest)
                    return $"it takes longer than {_longest}";
                if (Bytes(process) > MostBytes)
                    return $"it takes more than {MostBytes} bytes";
            }
            if (process.ExitCode != 0)
                return $"it ended with {process.ExitCode}: {error.Result}";
            var lines = output.Result.TrimEnd('\n');
            var last = lines.LastIndexOf('\n');
            var peak = long.Parse(lines[(last + 1)..], CultureInfo.InvariantCulture);
            return peak > MostBytes ? $"it took {peak} bytes, and {lines[..last]}" : lines[..last];
        }
        finally
        {
            ChildProcess.Kill(process);
        }
    }

    /// <summary>Resident memory: /proc tells it at less cost than a process's class, which reads all its threads.</summary>
    private static long Bytes(Process process)
    {
        try
        {
            var pages = File.ReadAllText($"/proc/{process.Id}/statm").Split(' ')[1];
            return long.Parse(pages, CultureInfo.InvariantCulture) * Environment.SystemPageSize;
        }
        catch (IOException)
        {
            return 0; // it has just ended
        }
    }
}
