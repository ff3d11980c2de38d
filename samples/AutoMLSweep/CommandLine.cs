using System.CommandLine;
using FineTune;
using Microsoft.ML.AutoML;
using Microsoft.ML.Conformer;

namespace AutoMLSweep;

/// <summary>The program's options, and how they become <see cref="Settings"/>.</summary>
internal static class CommandLine
{
    private static readonly TimeSpan _defaultBudget = TimeSpan.FromMinutes(20), _defaultBudgetForGenerated = TimeSpan.FromMinutes(3);

    private static readonly Option<string?> _data = TrainingOption.Data(
        "Folder with train/, val/ and test/; with train/ and val/, which is then held out while a fifth of train/ selects; " +
        "or with one folder per class, of which a fifth is held out and a fifth selects. Without it, images are generated.");

    private static readonly Option<ConformerVariant?> _variant = TrainingOption.Variant(
        "Network of all trials. Default: swept; a small network for generated images.");

    private static readonly Option<int?> _imageSize = ParsedOption.WholeNumber(
        "--image-size", "Side of all trials' square input in pixels. Default: swept; 64 for generated images.", 32, 4096);

    private static readonly Option<int?> _epochs = ParsedOption.WholeNumber("--epochs", "Epochs of all trials. Default: swept.", 1, 100_000);

    private static readonly Option<int?> _batchSize = ParsedOption.WholeNumber("--batch-size", "Batch size of all trials. Default: swept.", 1, 65_536);

    private static readonly Option<int?> _maxModels = ParsedOption.WholeNumber("--max-models", "Ends after so many trials.", 1, int.MaxValue);

    private static readonly Option<int?> _timeBudget = ParsedOption.WholeNumber(
        "--time-budget",
        "Ends after so many seconds, those of an interrupted run of the same sweep included. Default without --max-models: 1200; 180 for " +
        "generated images.",
        1,
        int.MaxValue / 1000);

    private static readonly Option<MulticlassClassificationMetric?> _metric = ParsedOption.Named<MulticlassClassificationMetric>(
        "--metric", "What models are judged by. Default: micro-accuracy.", new()
        {
            ["micro-accuracy"] = MulticlassClassificationMetric.MicroAccuracy,
            ["macro-accuracy"] = MulticlassClassificationMetric.MacroAccuracy,
            ["log-loss"] = MulticlassClassificationMetric.LogLoss,
        });

    private static readonly Option<TunerKind?> _tuner = ParsedOption.Named<TunerKind>("--tuner", "AutoML's tuner. Default: random.", new()
    {
        ["random"] = TunerKind.Random,
        ["grid"] = TunerKind.Grid,
        ["smac"] = TunerKind.Smac,
        ["cost-frugal"] = TunerKind.CostFrugal,
        ["eci-cost-frugal"] = TunerKind.EciCostFrugal,
    });

    private static readonly Option<bool> _noPruning = new("--no-pruning") { Description = "Trains each trial to its last epoch." };

    private static readonly Option<string> _output = new("--output")
    {
        Description = "Folder for the models, trials.csv, trials.html and the journal that an interrupted sweep goes on from.",
        HelpName = "FOLDER",
        DefaultValueFactory = _ => Path.Combine("artifacts", "sweep"),
    };

    private static readonly Option<int?> _seed = ParsedOption.WholeNumber("--seed", "Same seed, same trials. Default: 0.", 0, int.MaxValue - 1);

    private static readonly Option<TrainingDevice?> _device = TrainingOption.Device();

    private static readonly Option<int?> _threads = TrainingOption.Threads();

    /// <summary>The root command; <paramref name="run"/> does the work and gives the exit code.</summary>
    public static RootCommand Create(Func<Settings, CancellationToken, Task<int>> run)
    {
        var command = new RootCommand("Tunes a Conformer on a folder of photos with ML.NET's AutoML.")
        {
            _data, _variant, _imageSize, _epochs, _batchSize, _maxModels, _timeBudget, _metric, _tuner, _noPruning, _output, _seed, _device,
            _threads,
        };
        command.SetAction((parsed, cancellation) => run(Read(parsed), cancellation));
        return command;
    }

    private static Settings Read(ParseResult parsed)
    {
        var data = parsed.GetValue(_data);
        var maxModels = parsed.GetValue(_maxModels);
        TimeSpan? budget = parsed.GetValue(_timeBudget) is { } seconds ? TimeSpan.FromSeconds(seconds)
            : maxModels is not null ? null
            : data is null ? _defaultBudgetForGenerated
            : _defaultBudget;
        return new Settings(
            data,
            parsed.GetValue(_variant),
            parsed.GetValue(_imageSize),
            parsed.GetValue(_epochs),
            parsed.GetValue(_batchSize),
            maxModels,
            budget,
            parsed.GetValue(_metric) ?? MulticlassClassificationMetric.MicroAccuracy,
            parsed.GetValue(_tuner) ?? TunerKind.Random,
            !parsed.GetValue(_noPruning),
            parsed.GetRequiredValue(_output),
            parsed.GetValue(_seed) ?? 0,
            parsed.GetValue(_device) ?? TrainingDevice.Auto,
            parsed.GetValue(_threads));
    }
}
