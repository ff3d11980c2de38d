using System.CommandLine;

namespace Conformer.Cli.Sweeping;

/// <summary>`conformer sweep DATA`: tunes a Conformer's options. What the command line gives is held, what it leaves open is swept.</summary>
internal static class SweepCommand
{
    private const double DefaultTestFraction = 0.2, DrawnImagesLearningRate = 1e-3;

    private const int DrawnImagesEpochs = 15;

    private static readonly TimeSpan _defaultBudget = TimeSpan.FromMinutes(20), _defaultBudgetForDrawn = TimeSpan.FromMinutes(3);

    private static readonly Argument<FileSystemInfo?> _data = new Argument<FileSystemInfo?>("DATA")
    {
        Description = "Folder with class folders, or with train/, val/ and test/ that hold those; or a .csv or .jsonl manifest. val/ " +
            "selects and test/ is held out; for each of them that is lacking, a fifth of the training images is taken. Without DATA, " +
            "images are drawn.",
        Arity = ArgumentArity.ZeroOrOne,
    }.Existing();

    private static readonly Option<ConformerVariant?> _variant = new Option<ConformerVariant?>("--variant")
    {
        Description = "Network of all trials. Default: swept; tiny with --pretrained-weights; a small network for drawn images.",
    }.OneOf();

    private static readonly Option<string?> _recipe = new("--recipe")
    {
        Description = "Recipe of all trials: FineTune, Official, MmPretrain or a JSON file. Default: swept.",
        HelpName = "NAME|FILE",
    };

    private static readonly Option<string[]> _weights = new("--pretrained-weights")
    {
        Description = "Weights to start from: a .pth or .safetensors file, or a published name such as conformer-tiny-p16. Given several " +
            "times, they are swept. Default: random.",
        HelpName = "FILE",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly SplitArguments _split = new(DefaultTestFraction);

    private static readonly Option<int?> _maxModels =
        new Option<int?>("--max-models") { Description = "Ends after so many trials." }.Between(1, int.MaxValue);

    private static readonly Option<int?> _timeBudget = new Option<int?>("--time-budget")
    {
        Description = "Ends after so many seconds, those of an interrupted run of the same sweep included; of the trial that runs then, " +
            "the best epoch counts. Default without --max-models: 1200; 180 for drawn images.",
    }.Between(1, int.MaxValue / 1000);

    private static readonly Option<SweepMetric> _metric = new Option<SweepMetric>("--metric")
    {
        Description = "What models are judged by.",
        DefaultValueFactory = _ => SweepMetric.MicroAccuracy,
    }.OneOf();

    private static readonly Option<TunerKind> _tuner = new Option<TunerKind>("--tuner")
    {
        Description = "AutoML's tuner.",
        DefaultValueFactory = _ => TunerKind.Random,
    }.OneOf();

    private static readonly Option<bool> _noPruning = new("--no-pruning") { Description = "Trains each trial to its last epoch." };

    private static readonly Option<string> _output = new("--output")
    {
        Description = "Folder for the best model and its configuration, trials.csv, trials.html, and the journal that an interrupted " +
            "sweep goes on from when it is started again.",
        HelpName = "FOLDER",
        DefaultValueFactory = _ => "conformer-sweep",
    };

    private static readonly Option<bool> _json = new("--json") { Description = "Write the result as JSON, and all else to the error output." };

    private static IEnumerable<ITrainerOption<ImageClassificationTrainerOptions>> Trainers => TrainerOptions.All.Where(one => one.LibraryName is not (
        nameof(ConformerTrainer.Options.PretrainedWeights) or nameof(ConformerTrainer.Options.DistributedTimeout)));

    public static Command Create()
    {
        var command = new Command("sweep",
            "Tunes a Conformer's options on photos with ML.NET's AutoML. Of network, recipe, image and batch size, epochs, learning rate, " +
            "regularization and use of weights, what is given is held, and what is not is swept; its default is where that begins.")
        {
            _data,
        };
        foreach (var option in (IEnumerable<Option>)[
            _maxModels, _timeBudget, _metric, _tuner, _noPruning, _output, _json, _variant, _recipe, _weights, _split.Validation,
            _split.Test, .. Trainers.Select(one => one.Option)])
            command.Options.Add(option);
        command.SetAction((parsed, cancellation) => StopSignal.RunAsync(
            stop => Work.RunAsync(() => SweepRun.Prepare(Read(parsed), stop), run => run.RunAsync(stop)), cancellation));
        return command;
    }

    private static SweepSettings Read(ParseResult parsed)
    {
        var (data, maxModels) = (parsed.GetValue(_data)?.FullName, parsed.GetValue(_maxModels));
        var weights = (parsed.GetValue(_weights) ?? []).Select(Located).ToList();
        var training = Training(parsed, data is null, weights.FirstOrDefault());
        foreach (var one in weights)
            WeightsArgument.Check(one, training.PretrainedAverage);
        return new SweepSettings
        {
            Data = data,
            Output = Path.GetFullPath(parsed.GetRequiredValue(_output)),
            MaxModels = maxModels,
            TimeBudget = parsed.GetValue(_timeBudget) is { } seconds ? TimeSpan.FromSeconds(seconds)
                : maxModels is not null ? null
                : data is null ? _defaultBudgetForDrawn
                : _defaultBudget,
            Metric = parsed.GetValue(_metric).OfAutoML(),
            Tuner = parsed.GetValue(_tuner),
            Prunes = !parsed.GetValue(_noPruning),
            Training = training,
            Weights = weights,
            Held = Held(parsed).ToHashSet(),
            Splitting = _split.Read(parsed, training.Seed),
            WritesJson = parsed.GetValue(_json),
        };
    }

    /// <summary>The options that are held, and the first values of those that are swept.</summary>
    private static ConformerTrainer.Options Training(ParseResult parsed, bool isDrawn, string? weights)
    {
        var options = new ConformerTrainer.Options
        {
            ImageColumnName = nameof(ImageFile.ImagePath),
            OnCancel = EarlyEnd.ReturnBest,
            PretrainedWeights = weights,
        };
        if (isDrawn)
        {
            (options.ImageSize, options.Epochs, options.LearningRate) = (DrawnImages.Side, DrawnImagesEpochs, DrawnImagesLearningRate);
            options.Architecture = parsed.GetValue(_variant) is null && options.PretrainedWeights is null ? DrawnImages.Network : null;
        }
        if (parsed.GetValue(_recipe) is { } recipe)
            options.Recipe = Work.Open(_recipe.Name, () => TrainingRecipe.Load(recipe));
        else
            options.LearningRateBatchSize = options.LearningRateBatchSize; // a rate that is held means the same with each recipe
        options.Variant = parsed.GetValue(_variant) ?? options.Variant;
        foreach (var option in Trainers)
            option.Apply(parsed, options);
        return options;
    }

    /// <summary>A file by its full path, so that a configuration finds it from anywhere; or a published name.</summary>
    private static string Located(string weights) => File.Exists(weights) ? Path.GetFullPath(weights) : weights;

    /// <summary>The members of a search space that are not swept.</summary>
    private static IEnumerable<string> Held(ParseResult parsed)
    {
        foreach (var option in Trainers.Where(one => parsed.GetResult(one.Option) is { Implicit: false }))
            yield return option.LibraryName[(option.LibraryName.LastIndexOf('.') + 1)..];
        if (parsed.GetValue(_recipe) is not null)
            yield return nameof(ConformerTrainer.Options.Recipe);
        var isDrawn = parsed.GetValue(_data) is null;
        if (isDrawn || parsed.GetValue(_variant) is not null)
            yield return nameof(ConformerTrainer.Options.Variant);
        if (isDrawn)
            yield return nameof(ConformerTrainer.Options.ImageSize);
    }
}
