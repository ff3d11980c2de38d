using System.CommandLine;

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

    private static IEnumerable<Option> Own =>
        [_trainer, _variant, _recipe, _split.Validation, _split.Test, _onnxPrecision, .. RunArguments.Configured];

    public static Command Create()
    {
        _trainer.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, Conformer, ConTNet);
        var command = new Command("train", "Trains a classifier on photos; the model, a report and all else go to the folder of the run.")
        {
            _data,
        };
        foreach (var option in (IEnumerable<Option>)[.. Own, .. TrainerOptions.All.Select(one => one.Option)])
            command.Options.Add(option);
        RunArguments.AddFolders(command, _showAugmented);
        command.Options.Add(_showAugmented);
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
            KeepsCheckpoints = RunArguments.KeepsCheckpoints(parsed),
            Configuration = [.. Configuration(parsed, data, training)],
        };
    }

    /// <summary>
    /// Begins this process's part in a run, whose folder rank 0 makes last: where anything is wrong for it there is none.
    /// </summary>
    private static ITrainingRank Begin(ParseResult parsed, TrainSettings settings, CancellationToken cancellation)
    {
        var mlContext = new MLContext(settings.Training.Seed);
        settings.Trainer(mlContext); // finds options that do not fit each other
        var images = settings.Data is { } data
            ? Work.Open(_data.Name, () => mlContext.Data.LoadImageSplits(data, settings.Splitting))
            : null;
        (settings, var isOther) = RunArguments.Begin(parsed, settings);
        images ??= mlContext.Data.LoadImageSplits(
            FolderOfRankZero.Share(
                settings.Training, () => DrawnImages.Write(settings.Run.File("data"), settings.Training, cancellation), cancellation),
            settings.Splitting);
        return isOther ? new OtherRank(stop => Train(settings, mlContext, images, stop)) : new TrainRun(settings, mlContext, images);
    }

    private static TrainingEnd Train(TrainSettings settings, MLContext mlContext, ImageSplits images, CancellationToken cancellation)
    {
        var (trained, _) = settings.Fit(mlContext, images, cancellation);
        using (trained)
            return trained.OfType<ImageClassifierTransformer>().Single().Summary!.End;
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

    /// <summary>All that a run depends on, so that it can be repeated.</summary>
    private static IEnumerable<(string Name, string? Value)> Configuration(
        ParseResult parsed, string? data, ImageClassificationTrainerOptions training) =>
    [
        (ConfigurationOption.NameOf(_data), data),
        .. Own.Select(option => (
            ConfigurationOption.NameOf(option), option == _recipe ? RecipeText(parsed) : ConfigurationOption.TextOf(parsed, option))),
        .. CommonOptions.ValuesOf(TrainerOptions.All, training),
    ];

    private static TrainingRecipe Recipe(ParseResult parsed) =>
        Work.Open(_recipe.Name, () => TrainingRecipe.Load(parsed.GetRequiredValue(_recipe)));

    private static string RecipeText(ParseResult parsed) =>
        parsed.GetRequiredValue(_recipe) is var recipe && File.Exists(recipe) ? Path.GetFullPath(recipe) : recipe;
}
