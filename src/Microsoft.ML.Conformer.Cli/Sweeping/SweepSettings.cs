using Microsoft.ML.AutoML;

namespace Conformer.Cli.Sweeping;

/// <summary>What the command line asks for.</summary>
/// <param name="DataFolder">
/// Folder with train/, val/ and test/, or with class folders, or a manifest, as LoadImageSplits takes it; null: images are generated.
/// </param>
/// <param name="OutputFolder">Where the results go.</param>
/// <param name="MaxModels">Number of trials after which to end; null: no limit.</param>
/// <param name="TimeBudget">Time after which to end; null: no limit.</param>
/// <param name="Metric">What to judge models by.</param>
/// <param name="Tuner">Which of AutoML's tuners proposes trials.</param>
/// <param name="Prune">Whether hopeless trials end early.</param>
/// <param name="Training">The trainer's options that are not swept, and the first values of those that are.</param>
/// <param name="FixedOptions">Names of options that could be swept and are not.</param>
internal sealed record SweepSettings(
    string? DataFolder, string OutputFolder, int? MaxModels, TimeSpan? TimeBudget, MulticlassClassificationMetric Metric, TunerKind Tuner,
    bool Prune, ConformerTrainer.Options Training, IReadOnlyList<string> FixedOptions);
