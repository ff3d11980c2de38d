namespace Conformer.Cli.Runs;

/// <summary>The folder of a training run, and what its files are called.</summary>
/// <param name="Path">Its full path.</param>
internal sealed record RunFolder(string Path)
{
    public const string ConfigurationName = "config.yaml", RecordName = "run.json", LogName = "train.log", ReportName = "report.html",
        CardName = "model-card.md", EvaluationName = "evaluation.json", HistoryName = "history.csv",
        ArchitectureName = "architecture.json", Default = "runs";

    /// <summary>In letters of four bytes, with numbers and an ending, still no more than the 255 bytes of a file's name.</summary>
    private const int MostNameLength = 55;

    public string Name => System.IO.Path.GetFileName(Path);

    public string Checkpoints => File("checkpoints");

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Whether a run's files are in it.</summary>
    public bool HoldsRun => System.IO.File.Exists(File(RecordName));

    /// <summary>What runs on some data are called, without their number: no folder begins with a dot or a hyphen.</summary>
    public static string NameFor(string? data)
    {
        if (data is null)
            return "drawn";
        var name = System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(data));
        name = (Directory.Exists(data) ? name : System.IO.Path.GetFileNameWithoutExtension(name)).TrimStart('.', '-', ' ');
        return name.Length > 0 ? name : "run";
    }

    /// <summary>A folder of runs' next free one, made at once, so that two runs that start together have one each.</summary>
    /// <param name="folder">The folder of runs.</param>
    /// <param name="name">What they are called, a number aside.</param>
    public static RunFolder Next(string folder, string name)
    {
        // No half of a character, such as an emoji's.
        name = string.Concat(name.EnumerateRunes().Take(MostNameLength));
        ResultFiles.Prepare(folder, "--runs");
        for (var number = 1; ; number++)
        {
            var path = System.IO.Path.GetFullPath(System.IO.Path.Combine(folder, $"{name}-{number}"));
            if (System.IO.Path.Exists(path))
                continue;
            // A move is done by one process only.
            var made = Directory.CreateDirectory(path + $".{Environment.ProcessId}.new").FullName;
            try
            {
                Directory.Move(made, path);
                return new RunFolder(path);
            }
            catch (IOException)
            {
                Directory.Delete(made);
                if (!System.IO.Path.Exists(path))
                    throw;
            }
        }
    }
}
