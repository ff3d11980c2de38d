using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Conformer.Cli.Training;

/// <summary>`conformer train DATA`: trains a classifier; all that comes of it is in the folder of the run.</summary>
internal static class TrainCommand
{
    private const double DrawnImagesLearningRate = 1e-3;

    private const string Conformer = "conformer", ConTNet = "contnet";

    private static readonly Argument<FileSystemInfo?> _data = new Argument<FileSystemInfo?>("DATA")
    {
        Description = "Folder with class folders, or with train/ and val/ that hold those; or a .csv or .jsonl manifest. Without val/, a " +
            "fifth of the images validates. Without DATA, images are drawn, to try the command with.",
        Arity = ArgumentArity.ZeroOrOne,
    }.Existing();

    private static readonly Option<string> _trainer = new("--trainer")
    {
        Description = $"Kind of network: {Conformer} or {ConTNet}.",
        HelpName = $"{Conformer}|{ConTNet}",
        DefaultValueFactory = _ => Conformer,
    };

    private static readonly Option<string?> _variant = new("--variant")
    {
        Description = "Size of the network: tiny, small, smallpatch32 or base of a Conformer, tiny, small, medium or base of a ConTNet. " +
            "Default: tiny.",
        HelpName = "NAME",
    };

    private static readonly Option<string> _recipe = new("--recipe")
    {
        Description = "How to train: FineTune, Official, MmPretrain, ConTNet, ConTNetStrong, or a JSON file. Other options override it.",
        HelpName = "NAME|FILE",
        DefaultValueFactory = _ => nameof(TrainingRecipe.FineTune),
    };

    private static readonly SplitArguments _split = new(new ImageFolderOptions().TestFraction);

    private static readonly Option<string?> _output = new("--output")
    {
        Description = "Folder of the run. Default: a new one in --runs.",
        HelpName = "FOLDER",
    };

    private static readonly Option<string> _runs = new("--runs")
    {
        Description = "Folder of runs.",
        HelpName = "FOLDER",
        DefaultValueFactory = _ => RunFolder.Default,
    };

    private static readonly Option<double?> _checkpointMinutes = new Option<double?>("--checkpoint-minutes")
    {
        Description = "Minutes from one checkpoint to the next. Default: 10.",
    }.Between(0.01, 100_000);

    private static readonly Option<bool> _keepCheckpoints = new("--keep-checkpoints")
    {
        Description = "Keep the checkpoints of a run that has ended; they are several times as large as the model.",
    };

    private static readonly Option<OnnxPrecision> _onnxPrecision = new Option<OnnxPrecision>("--onnx-precision")
    {
        Description = "What model.onnx computes with; int8 is calibrated on training images.",
        DefaultValueFactory = _ => OnnxPrecision.Float32,
    }.OneOf();

    private static readonly Option<string?> _showAugmented = new("--show-augmented")
    {
        Description = "PNG file for training images as the network would see them; nothing is trained then.",
        HelpName = "FILE",
    };

    /// <summary>What a run that goes on has already.</summary>
    private static readonly Option[] _notResumed = [_output, _runs, _showAugmented];

    private static IEnumerable<Option> Own =>
        [_trainer, _variant, _recipe, _split.Validation, _split.Test, _onnxPrecision, _checkpointMinutes, _keepCheckpoints];

    public static Command Create()
    {
        _trainer.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, Conformer, ConTNet);
        var command = new Command("train", "Trains a classifier on photos; the model, a report and all else go to the folder of the run.")
        {
            _data,
        };
        foreach (var option in (IEnumerable<Option>)[
            .. Own, .. TrainerOptions.All.Select(one => one.Option), _output, _runs, ResumeOption.Instance, _showAugmented])
            command.Options.Add(option);
        command.Validators.Add(result =>
        {
            if (result.GetResult(ResumeOption.Instance) is not null && result.Children.OfType<OptionResult>().FirstOrDefault(one =>
                    !one.Implicit && (_notResumed.Contains(one.Option) || ConfigurationOption.Is(one.Option))) is { } other)
                result.AddError(
                    $"{ResumeOption.Instance.Name} goes on in the run's own folder and with its own options; " +
                    $"leave out {other.Option.Name}.");
        });
        command.SetAction((parsed, cancellation) =>
            parsed.GetValue(_showAugmented) is not { } page ? StopSignal.RunAsync(
                stop => Work.RunAsync(() => Begin(parsed, Read(parsed), stop), rank => rank.RunAsync(stop)), cancellation)
            : Rank.IsOther ? Task.FromResult(0)
            : Work.RunAsync(() => AugmentedPage.Prepare(Read(parsed), page), one => one.Save()));
        return command;
    }

    private static TrainSettings Read(ParseResult parsed)
    {
        var (data, training) = (parsed.GetValue(_data)?.FullName, Training(parsed));
        return new TrainSettings
        {
            Data = data,
            Recipe = Recipe(parsed),
            Training = training,
            Splitting = _split.Read(parsed, training.Seed),
            OnnxPrecision = parsed.GetValue(_onnxPrecision),
            KeepsCheckpoints = parsed.GetValue(_keepCheckpoints),
            Configuration = [.. Configuration(parsed, data, training)],
        };
    }

    /// <summary>
    /// Begins this process's part in a run, whose folder rank 0 makes last: where anything is wrong for it there is none.
    /// </summary>
    private static ITrainingRank Begin(ParseResult parsed, TrainSettings settings, CancellationToken cancellation)
    {
        var (training, resumed) = (settings.Training, parsed.GetValue(ResumeOption.Instance));
        var mlContext = new MLContext(training.Seed);
        settings.Trainer(mlContext); // finds options that do not fit each other
        var images = settings.Data is { } data
            ? Work.Open(_data.Name, () => mlContext.Data.LoadImageSplits(data, settings.Splitting))
            : null;
        ResultFiles.PrepareTemporaryFolder();
        var isOther = Rank.IsOther && training.Distributed == DistributedTraining.Auto;
        // The trainers want names of folders on all ranks, though they make them on rank 0 alone.
        var run = isOther ? new RunFolder(parsed.GetRequiredValue(_runs)) : Folder(parsed, settings.Data, resumed);
        (training.Checkpoints.Folder, training.Checkpoints.Resume, training.Records.Folder) = (run.Checkpoints, resumed is not null, run.Path);
        training.Checkpoints.Every = parsed.GetValue(_checkpointMinutes) is { } minutes ? TimeSpan.FromMinutes(minutes) : null;
        (training.OnCancel, training.OnDivergence) = (EarlyEnd.ReturnBest, EarlyEnd.ReturnBest);
        settings = settings with { Run = run, Resumes = resumed is not null };
        images ??= mlContext.Data.LoadImageSplits(
            FolderOfRankZero.Share(training, () => DrawnImages.Write(run.File("data"), training, cancellation), cancellation),
            settings.Splitting);
        return isOther ? new OtherRank(settings, mlContext, images) : new TrainRun(settings, mlContext, images);
    }

    /// <summary>The trainer's options, which have everything but folders.</summary>
    private static ImageClassificationTrainerOptions Training(ParseResult parsed)
    {
        var options = Network(parsed);
        options.ImageColumnName = nameof(ImageFile.ImagePath);
        options.Recipe = Recipe(parsed);
        if (parsed.GetValue(_data) is null)
        {
            options.ImageSize = DrawnImages.Side;
            if (parsed.GetResult(_recipe) is null or { Implicit: true })
                options.LearningRate = DrawnImagesLearningRate;
        }
        foreach (var option in TrainerOptions.All)
            option.Apply(parsed, options);
        if (options.PretrainedWeights is { } weights)
            WeightsArgument.Check(weights, options.PretrainedAverage);
        return options;
    }

    private static ImageClassificationTrainerOptions Network(ParseResult parsed)
    {
        var variant = parsed.GetValue(_variant);
        if (parsed.GetRequiredValue(_trainer).Equals(ConTNet, StringComparison.OrdinalIgnoreCase))
            return new ConTNetTrainer.Options { Variant = Variant<ConTNetVariant>(variant) };
        var isSmall = parsed.GetValue(_data) is null && variant is null && !TrainerOptions.All.Any(one =>
            one.LibraryName == nameof(ConformerTrainer.Options.PretrainedWeights) && parsed.GetResult(one.Option) is not null);
        return new ConformerTrainer.Options
        {
            Variant = Variant<ConformerVariant>(variant),
            Architecture = isSmall ? DrawnImages.Network : null,
        };
    }

    private static T Variant<T>(string? name) where T : struct, Enum => name is null ? default
        : Enum.TryParse<T>(name.Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out var variant)
            && !char.IsAsciiDigit(name[0]) ? variant
        : throw new ArgumentException(
            $"{_variant.Name} is '{VisibleText.Of(name)}'; it must be one of {string.Join(", ", Enum.GetNames<T>()).ToLowerInvariant()}.");

    private static RunFolder Folder(ParseResult parsed, string? data, string? resumed)
    {
        if (resumed is not null)
        {
            var run = new RunFolder(Path.GetFullPath(resumed));
            ResultFiles.Prepare(run.Path, ResumeOption.Instance.Name);
            RunRecord.Read(run).ThrowIfItCannotGoOn(ResumeOption.Instance.Name);
            return run;
        }
        if (parsed.GetValue(_output) is not { } output)
            return RunFolder.Next(parsed.GetRequiredValue(_runs), RunFolder.NameFor(data));
        ResultFiles.Prepare(output, _output.Name);
        var folder = new RunFolder(Path.GetFullPath(output));
        return !folder.HoldsRun ? folder : throw new ArgumentException(
            $"{_output.Name}: '{VisibleText.OfPath(output)}' holds a run already. Name another folder, remove that one, or go on with an " +
            $"interrupted run by {ResumeOption.Instance.Name}.");
    }

    /// <summary>All that a run depends on, so that it can be repeated.</summary>
    private static IEnumerable<(string Name, string? Value)> Configuration(
        ParseResult parsed, string? data, ImageClassificationTrainerOptions training) =>
    [
        (ConfigurationOption.NameOf(_data), data),
        .. Own.Select(option => (ConfigurationOption.NameOf(option), option == _recipe ? RecipeText(parsed) : Text(parsed, option))),
        .. TrainerOptions.All.Select(one => (ConfigurationOption.NameOf(one.Option), Value: one.LibraryName switch
        {
            nameof(training.PretrainedWeights) when training.PretrainedWeights is { } weights && File.Exists(weights) =>
                Path.GetFullPath(weights),
            _ => one.TextOf(training),
        })),
    ];

    private static TrainingRecipe Recipe(ParseResult parsed) =>
        Work.Open(_recipe.Name, () => TrainingRecipe.Load(parsed.GetRequiredValue(_recipe)));

    private static string RecipeText(ParseResult parsed) =>
        parsed.GetRequiredValue(_recipe) is var recipe && File.Exists(recipe) ? Path.GetFullPath(recipe) : recipe;

    private static string? Text(ParseResult parsed, Option option) => parsed.GetResult(option) is { Tokens: [{ Value: var text }] } ? text
        : option is Option<bool> flag ? parsed.GetValue(flag) ? "true" : "false"
        : option.HasDefaultValue && option.GetDefaultValue() is { } value ? value is Enum word ? ArgumentChecks.WordOf(word)
            : Convert.ToString(value, CultureInfo.InvariantCulture)
        : null;
}
