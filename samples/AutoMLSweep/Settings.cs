using Microsoft.ML.AutoML;
using Microsoft.ML.Conformer;

namespace AutoMLSweep;

/// <summary>What the command line asks for; null where it leaves the choice to the sweep or the program.</summary>
/// <param name="DataFolder">
/// Folder with train/, val/ and test/, with train/ and val/, or with class folders; null: images are generated.
/// </param>
/// <param name="Variant">The network of all trials; null: swept, and a small one for generated images.</param>
/// <param name="ImageSize">Side of all trials' input in pixels; null: swept, and 64 for generated images.</param>
/// <param name="Epochs">Epochs of all trials; null: swept.</param>
/// <param name="BatchSize">Batch size of all trials; null: swept.</param>
/// <param name="MaxModels">Number of trials after which to end; null: no limit.</param>
/// <param name="TimeBudget">Time after which to end; null: no limit.</param>
/// <param name="Metric">What to judge models by.</param>
/// <param name="Tuner">Which of AutoML's tuners proposes trials.</param>
/// <param name="Prune">Whether hopeless trials end early.</param>
/// <param name="OutputFolder">Where the results go.</param>
/// <param name="Seed">Seeds the generated images, the split, the tuner and the training.</param>
/// <param name="Device">Where to train.</param>
/// <param name="Threads">CPU threads to compute with; null: one for each processor.</param>
internal sealed record Settings(
    string? DataFolder,
    ConformerVariant? Variant,
    int? ImageSize,
    int? Epochs,
    int? BatchSize,
    int? MaxModels,
    TimeSpan? TimeBudget,
    MulticlassClassificationMetric Metric,
    TunerKind Tuner,
    bool Prune,
    string OutputFolder,
    int Seed,
    TrainingDevice Device,
    int? Threads);
