using System.CommandLine;
using Microsoft.ML.AutoML;

namespace Conformer.Cli.Sweeping;

/// <summary>The program's options, and how they become <see cref="Settings"/>.</summary>
internal static class SweepCommand
{
    private static readonly TimeSpan _defaultBudget = TimeSpan.FromMinutes(20), _defaultBudgetForGenerated = TimeSpan.FromMinutes(3);

    private static readonly Argument<FileSystemInfo?> _data = new Argument<FileSystemInfo?>("DATA")
    {
        Description = "Folder with class folders, or with train/, val/ and test/ that hold those; or a .csv or .jsonl manifest. val/ " +
            "selects and test/ is held out; for each of them that is lacking, a fifth of the training images is taken. Without DATA, " +
            "images are drawn.",
        Arity = ArgumentArity.ZeroOrOne,
    }.Existing();

    private static readonly Option<ConformerVariant?> _variant =
        new("--variant") { Description = "Network of all trials. Default: swept; a small network for drawn images." };

    private static readonly Option<int?> _imageSize = new Option<int?>("--image-size")
    {
        Description = "Side of all trials' square input in pixels. Default: swept; 64 for drawn images.",
    }.Between(32, 4096);

    private static readonly Option<int?> _epochs =
        new Option<int?>("--epochs") { Description = "Epochs of all trials. Default: swept." }.Between(1, 100_000);

    private static readonly Option<int?> _batchSize =
        new Option<int?>("--batch-size") { Description = "Batch size of all trials. Default: swept." }.Between(1, 65_536);

    private static readonly Option<int?> _maxModels =
        new Option<int?>("--max-models") { Description = "Ends after so many trials." }.Between(1, int.MaxValue);

    private static readonly Option<int?> _timeBudget = new Option<int?>("--time-budget")
    {
        Description = "Ends after so many seconds, those of an interrupted run of the same sweep included. Default without --max-models: " +
            "1200; 180 for drawn images.",
    }.Between(1, int.MaxValue / 1000);

    private static readonly Option<MulticlassClassificationMetric> _metric = new("--metric")
    {
        Description = "What models are judged by.",
        DefaultValueFactory = _ => MulticlassClassificationMetric.MicroAccuracy,
    };

    private static readonly Option<TunerKind> _tuner =
        new("--tuner") { Description = "AutoML's tuner.", DefaultValueFactory = _ => TunerKind.Random };

    private static readonly Option<bool> _noPruning = new("--no-pruning") { Description = "Trains each trial to its last epoch." };

    private static readonly Option<string> _output = new("--output")
    {
        Description = "Folder for the models, trials.csv, trials.html and the journal that an interrupted sweep goes on from.",
        HelpName = "FOLDER",
        DefaultValueFactory = _ => "conformer-sweep",
    };

    private static readonly Option<int> _seed =
        new Option<int>("--seed") { Description = "Same seed, same trials." }.Between(0, int.MaxValue - 1);

    private static readonly Option<TrainingDevice> _device = new("--device")
    {
        Description = "Where to train; Auto takes a GPU where there is one.",
        DefaultValueFactory = _ => TrainingDevice.Auto,
    };

    private static readonly Option<int?> _threads =
        new Option<int?>("--threads") { Description = "CPU threads to compute with. Default: one for each processor." }.Between(1, 1024);

    public static Command Create()
    {
        _metric.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, [.. MetricNames.All.Select(metric => metric.ToString())]);
        var command = new Command("sweep", "Tunes a Conformer's options on photos with ML.NET's AutoML.") { _data };
        foreach (var option in (Option[])[
            _variant, _imageSize, _epochs, _batchSize, _maxModels, _timeBudget, _metric, _tuner, _noPruning, _output, _seed, _device,
            _threads])
            command.Options.Add(option);
        command.SetAction((parsed, cancellation) =>
            Work.RunAsync(() => SweepRun.Prepare(Read(parsed)), run => run.RunAsync(cancellation)));
        return command;
    }

    private static SweepSettings Read(ParseResult parsed)
    {
        var (data, maxModels) = (parsed.GetValue(_data)?.FullName, parsed.GetValue(_maxModels));
        TimeSpan? budget = parsed.GetValue(_timeBudget) is { } seconds ? TimeSpan.FromSeconds(seconds)
            : maxModels is not null ? null
            : data is null ? _defaultBudgetForGenerated
            : _defaultBudget;
        return new SweepSettings(
            data, parsed.GetRequiredValue(_output), maxModels, budget, parsed.GetValue(_metric), parsed.GetValue(_tuner),
            !parsed.GetValue(_noPruning), ReadTraining(parsed, data is null, out var fixedOptions), fixedOptions);
    }

    private static ConformerTrainer.Options ReadTraining(ParseResult parsed, bool generated, out IReadOnlyList<string> fixedOptions)
    {
        var options = new ConformerTrainer.Options
        {
            Seed = parsed.GetValue(_seed),
            Device = parsed.GetValue(_device),
            Threads = parsed.GetValue(_threads),
        };
        var names = new List<string>();
        if (generated)
        {
            (options.ImageSize, options.Epochs, options.LearningRate) = (DrawnImages.Side, 15, 1e-3);
            options.Architecture = parsed.GetValue(_variant) is null ? DrawnImages.Network : null;
            names.AddRange([nameof(options.Variant), nameof(options.ImageSize)]);
        }
        options.Variant = Fix(_variant, nameof(options.Variant)) ?? options.Variant;
        options.ImageSize = Fix(_imageSize, nameof(options.ImageSize)) ?? options.ImageSize;
        options.Epochs = Fix(_epochs, nameof(options.Epochs)) ?? options.Epochs;
        options.BatchSize = Fix(_batchSize, nameof(options.BatchSize)) ?? options.BatchSize;
        fixedOptions = names;
        return options;

        T? Fix<T>(Option<T?> option, string name) where T : struct
        {
            if (parsed.GetValue(option) is not { } value)
                return null;
            names.Add(name);
            return value;
        }
    }
}
