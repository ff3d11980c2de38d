using System.CommandLine;
using System.Globalization;
using Microsoft.ML.AutoML;
using Microsoft.ML.Conformer;

namespace AutoMLSweep;

/// <summary>The program's options, and how they become <see cref="Settings"/>.</summary>
internal static class CommandLine
{
    private static readonly TimeSpan s_defaultBudget = TimeSpan.FromMinutes(20), s_defaultBudgetForGenerated = TimeSpan.FromMinutes(3);

    private static readonly Option<string?> Data = new("--data")
    {
        Description = "Folder with train/, val/ and test/; with train/ and val/, which is then held out while a fifth of train/ selects; " +
            "or with one folder per class, of which a fifth is held out and a fifth selects. Without it, images are generated.",
        HelpName = "FOLDER",
        Validators =
        {
            result =>
            {
                if (result.GetValueOrDefault<string?>() is { } folder && !Directory.Exists(folder))
                    result.AddError($"--data: there is no folder {folder}.");
            },
        },
    };

    private static readonly Option<ConformerVariant?> Variant = Named<ConformerVariant>(
        "--variant", "Network of all trials. Default: swept; a small network for generated images.", new()
        {
            ["tiny"] = ConformerVariant.Tiny,
            ["small"] = ConformerVariant.Small,
            ["small-patch32"] = ConformerVariant.SmallPatch32,
            ["base"] = ConformerVariant.Base,
        });

    private static readonly Option<int?> ImageSize = WholeNumber(
        "--image-size", "Side of all trials' square input in pixels. Default: swept; 64 for generated images.", 32, 4096);

    private static readonly Option<int?> Epochs = WholeNumber("--epochs", "Epochs of all trials. Default: swept.", 1, 100_000);

    private static readonly Option<int?> BatchSize = WholeNumber("--batch-size", "Batch size of all trials. Default: swept.", 1, 65_536);

    private static readonly Option<int?> MaxModels = WholeNumber("--max-models", "Ends after so many trials.", 1, int.MaxValue);

    private static readonly Option<int?> TimeBudget = WholeNumber(
        "--time-budget",
        "Ends after so many seconds, those of an interrupted run of the same sweep included. Default without --max-models: 1200; 180 for " +
        "generated images.",
        1,
        int.MaxValue / 1000);

    private static readonly Option<MulticlassClassificationMetric?> Metric = Named<MulticlassClassificationMetric>(
        "--metric", "What models are judged by. Default: micro-accuracy.", new()
        {
            ["micro-accuracy"] = MulticlassClassificationMetric.MicroAccuracy,
            ["macro-accuracy"] = MulticlassClassificationMetric.MacroAccuracy,
            ["log-loss"] = MulticlassClassificationMetric.LogLoss,
        });

    private static readonly Option<TunerKind?> Tuner = Named<TunerKind>("--tuner", "AutoML's tuner. Default: random.", new()
    {
        ["random"] = TunerKind.Random,
        ["grid"] = TunerKind.Grid,
        ["smac"] = TunerKind.Smac,
        ["cost-frugal"] = TunerKind.CostFrugal,
        ["eci-cost-frugal"] = TunerKind.EciCostFrugal,
    });

    private static readonly Option<bool> NoPruning = new("--no-pruning") { Description = "Trains each trial to its last epoch." };

    private static readonly Option<string> Output = new("--output")
    {
        Description = "Folder for the models, trials.csv, trials.html and the journal that an interrupted sweep goes on from.",
        HelpName = "FOLDER",
        DefaultValueFactory = _ => Path.Combine("artifacts", "sweep"),
    };

    private static readonly Option<int?> Seed = WholeNumber("--seed", "Same seed, same trials. Default: 0.", 0, int.MaxValue - 1);

    private static readonly Option<TrainingDevice?> Device = Named<TrainingDevice>(
        "--device", "Where to train; auto takes a GPU where there is one. Default: auto.", new()
        {
            ["auto"] = TrainingDevice.Auto,
            ["cpu"] = TrainingDevice.Cpu,
            ["cuda"] = TrainingDevice.Cuda,
        });

    /// <summary>The root command; <paramref name="run"/> does the work and gives the exit code.</summary>
    public static RootCommand Create(Func<Settings, CancellationToken, Task<int>> run)
    {
        var command = new RootCommand("Tunes a Conformer on a folder of photos with ML.NET's AutoML.")
        {
            Data, Variant, ImageSize, Epochs, BatchSize, MaxModels, TimeBudget, Metric, Tuner, NoPruning, Output, Seed, Device,
        };
        command.SetAction((parsed, cancellation) => run(Read(parsed), cancellation));
        return command;
    }

    private static Settings Read(ParseResult parsed)
    {
        var data = parsed.GetValue(Data);
        var maxModels = parsed.GetValue(MaxModels);
        TimeSpan? budget = parsed.GetValue(TimeBudget) is { } seconds ? TimeSpan.FromSeconds(seconds)
            : maxModels is not null ? null
            : data is null ? s_defaultBudgetForGenerated
            : s_defaultBudget;
        return new Settings(
            data,
            parsed.GetValue(Variant),
            parsed.GetValue(ImageSize),
            parsed.GetValue(Epochs),
            parsed.GetValue(BatchSize),
            maxModels,
            budget,
            parsed.GetValue(Metric) ?? MulticlassClassificationMetric.MicroAccuracy,
            parsed.GetValue(Tuner) ?? TunerKind.Random,
            !parsed.GetValue(NoPruning),
            parsed.GetRequiredValue(Output),
            parsed.GetValue(Seed) ?? 0,
            parsed.GetValue(Device) ?? TrainingDevice.Auto);
    }

    private static Option<int?> WholeNumber(string name, string description, int minimum, int maximum) => new(name)
    {
        Description = description,
        HelpName = "NUMBER",
        CustomParser = result =>
        {
            var text = result.Tokens.Single().Value;
            if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
                && number >= minimum && number <= maximum)
                return number;
            result.AddError($"{name} must be a whole number from {minimum} to {maximum}, not '{text}'.");
            return null;
        },
    };

    private static Option<T?> Named<T>(string name, string description, Dictionary<string, T> values)
        where T : struct => new(name)
        {
            Description = description,
            HelpName = string.Join('|', values.Keys),
            CustomParser = result =>
            {
                var text = result.Tokens.Single().Value;
                if (values.TryGetValue(text.ToLowerInvariant(), out var value))
                    return value;
                result.AddError($"{name} must be one of {string.Join(", ", values.Keys)}, not '{text}'.");
                return null;
            },
        };
}
