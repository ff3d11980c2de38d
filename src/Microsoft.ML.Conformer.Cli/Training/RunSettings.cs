namespace Conformer.Cli.Training;

/// <summary>What the command line asks of a training run, whatever is trained.</summary>
internal abstract record RunSettings
{
    /// <summary>The command's words, such as "train".</summary>
    public abstract string Command { get; }

    /// <summary>How to train, as far as all trainers ask it.</summary>
    public abstract NetworkTrainerOptions Common { get; }

    /// <summary>Folder or file; null: images are drawn.</summary>
    public required string? Data { get; init; }

    /// <summary>Where the results go; empty where nothing is trained.</summary>
    public RunFolder Run { get; init; } = new("");

    /// <summary>Whether an interrupted run goes on.</summary>
    public bool Resumes { get; init; }

    public required bool KeepsCheckpoints { get; init; }

    /// <summary>Options and their values, for the run's configuration.</summary>
    public required IReadOnlyList<(string Name, string? Value)> Configuration { get; init; }
}
