using Microsoft.ML.AutoML;

namespace Conformer.Cli.Sweeping;

/// <summary>What the command line asks of `conformer sweep`.</summary>
internal sealed record SweepSettings
{
    /// <summary>Folder or manifest; null: images are drawn.</summary>
    public required string? Data { get; init; }

    /// <summary>Full path of the folder that the results go to.</summary>
    public required string Output { get; init; }

    /// <summary>Number of trials after which to end; null: no limit.</summary>
    public required int? MaxModels { get; init; }

    /// <summary>Time after which to end; null: no limit.</summary>
    public required TimeSpan? TimeBudget { get; init; }

    /// <summary>What to judge models by.</summary>
    public required MulticlassClassificationMetric Metric { get; init; }

    public required TunerKind Tuner { get; init; }

    /// <summary>Whether hopeless trials end early.</summary>
    public required bool Prunes { get; init; }

    /// <summary>The trainer's options that are not swept, and the first values of those that are.</summary>
    public required ConformerTrainer.Options Training { get; init; }

    /// <summary>Weights to start from; several are swept, none: random ones.</summary>
    public required IReadOnlyList<string> Weights { get; init; }

    /// <summary>Members of the search space that are not swept.</summary>
    public required IReadOnlySet<string> Held { get; init; }

    public required ImageFolderOptions Splitting { get; init; }

    public required bool WritesJson { get; init; }

    public string File(string name) => Path.Combine(Output, name);
}
