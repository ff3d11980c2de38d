using System.CommandLine;

namespace Conformer.Cli.Detecting;

/// <summary>`conformer detect train DATA`: trains a detector; all that comes of it is in the folder of the run.</summary>
internal static class DetectTrainCommand
{
    private static readonly Argument<FileSystemInfo?> _data = new Argument<FileSystemInfo?>("DATA")
    {
        Description = "Photos with marked objects: COCO's .json, a folder as of Pascal VOC, or one as of YOLO tools. Without DATA, shapes " +
            "are drawn, and a small network finds them, to try the command with.",
        Arity = ArgumentArity.ZeroOrOne,
    }.Existing();

    private static readonly AnnotationArguments _annotations = new("The split to train on, such as train, of Pascal VOC or YOLO.");

    private static readonly Option<string?> _validation = new("--validation")
    {
        Description = "What validates: of COCO another .json, of Pascal VOC and YOLO another split of DATA. Default: a share of the images.",
        HelpName = "FILE|SPLIT",
    };

    private static readonly Option<DirectoryInfo> _validationImages = new Option<DirectoryInfo>("--validation-images")
    {
        Description = "The folder with the images that the .json of --validation names. Default: that of --images, or its own.",
        HelpName = "FOLDER",
    }.AcceptExistingOnly();

    private static readonly SplitArguments _split = new(testFraction: 0);

    private static readonly Option<string?> _architecture = new("--architecture")
    {
        Description = $"A JSON file with the detector's shape, as each run writes it ({RunFolder.ArchitectureName}): anchors, widths. " +
            "--head and --backbone override it.",
        HelpName = "FILE",
    };

    /// <summary>Those that say something of DATA.</summary>
    private static IEnumerable<Option> OfData => [.. _annotations.All, _validation, _validationImages];

    private static IEnumerable<Option> Own => [.. OfData, _split.Validation, _architecture];

    public static Command Create()
    {
        var command = new Command(
            "train", "Trains a detector on photos with marked objects; the model, a report and all else go to the folder of the run.")
        {
            _data,
        };
        foreach (var option in (IEnumerable<Option>)[
            .. Own, .. DetectorOptions.All.Select(one => one.Option), .. RunArguments.Configured])
            command.Options.Add(option);
        RunArguments.AddFolders(command);
        command.SetAction((parsed, cancellation) => StopSignal.RunAsync(
            stop => Work.RunAsync(() => Begin(parsed, stop), rank => rank.RunAsync(stop)), cancellation));
        return command;
    }

    /// <summary>
    /// Begins this process's part in a run, whose folder rank 0 makes last: where anything is wrong for it there is none.
    /// </summary>
    private static ITrainingRank Begin(ParseResult parsed, CancellationToken cancellation)
    {
        // Every run's configuration has --validation-fraction, that of drawn shapes, too.
        if (parsed.GetValue(_data) is null && OfData.FirstOrDefault(option => ConfigurationOption.IsGiven(parsed, option)) is { } unused)
            throw new ArgumentException($"{unused.Name} says something of {_data.Name}, which is not given.");
        var training = Training(parsed);
        var settings = new DetectTrainSettings
        {
            Data = parsed.GetValue(_data)?.FullName,
            Training = training,
            KeepsCheckpoints = RunArguments.KeepsCheckpoints(parsed),
            Configuration = [.. Configuration(parsed, training)],
        };
        var mlContext = new MLContext(training.Seed);
        settings.Trainer(mlContext); // finds options that do not fit each other
        var data = parsed.GetValue(_data) is { } named ? Load(mlContext, parsed, named, training.Seed) : null;
        (settings, var isOther) = RunArguments.Begin(parsed, settings);
        settings = settings with
        {
            Configuration = [.. settings.Configuration.Select(one => one.Name == ConfigurationOption.NameOf(_architecture) && one.Value is not null
                ? one with { Value = settings.Run.File(RunFolder.ArchitectureName) } : one)],
        };
        data ??= DrawnObjects.Load(mlContext, FolderOfRankZero.Share(
            training, () => DrawnObjects.Write(settings.Run.File("data"), training.Seed), cancellation));
        return isOther ? new OtherRank(stop => Train(settings, mlContext, data, stop)) : new DetectTrainRun(settings, mlContext, data);
    }

    private static TrainingEnd Train(
        DetectTrainSettings settings, MLContext mlContext, DetectionData data, CancellationToken cancellation)
    {
        using var detector = settings.Fit(mlContext, data, cancellation);
        return detector.Summary!.End;
    }

    private static DetectionData Load(MLContext mlContext, ParseResult parsed, FileSystemInfo named, int seed)
    {
        var source = _annotations.ReadMarked(parsed, named);
        var validation = Validation(parsed, source);
        return Work.Open(
            _data.Name, () => DetectionData.Load(mlContext, source, validation, parsed.GetValue(_split.Validation), seed));
    }

    private static AnnotatedSource? Validation(ParseResult parsed, AnnotatedSource training)
    {
        var images = parsed.GetValue(_validationImages)?.FullName;
        if (images is not null && (training.Format != AnnotationFormat.Coco || parsed.GetValue(_validation) is null))
            throw new ArgumentException($"{_validationImages.Name} is for the .json of {_validation.Name}, of the format coco.");
        if (parsed.GetValue(_validation) is not { } validation)
            return null;
        if (training.Format == AnnotationFormat.Coco)
            return File.Exists(validation)
                ? training with { Path = Path.GetFullPath(validation), Images = images ?? training.Images }
                : throw new ArgumentException(
                    $"{_validation.Name}: there is no file '{VisibleText.OfPath(validation)}'. Of COCO it is another .json.");
        if (training.Split is null)
            throw new ArgumentException(
                $"{_validation.Name} names a split of DATA; name the one to train on, too, by {_annotations.Split.Name}.");
        return training.Split == validation
            ? throw new ArgumentException($"{_validation.Name} and {_annotations.Split.Name} name the same split.")
            : training with { Split = validation };
    }

    /// <summary>The trainer's options, which have everything but images and folders.</summary>
    private static ConformerObjectDetectionTrainer.Options Training(ParseResult parsed)
    {
        var options = parsed.GetValue(_data) is null ? DrawnObjects.Options : new ConformerObjectDetectionTrainer.Options();
        options.ImageColumnName = nameof(ImageFile.ImagePath);
        // A run that goes on has the shape that it began with, whatever has become of the user's file.
        var ofRun = parsed.GetValue(ResumeOption.Instance) is { } run ? Path.Combine(run, RunFolder.ArchitectureName) : null;
        if ((File.Exists(ofRun) ? ofRun : parsed.GetValue(_architecture)) is { } file)
            options.Architecture = Work.Open(_architecture.Name, () => DetectorArchitectureFile.Read(file));
        foreach (var option in DetectorOptions.All)
            option.Apply(parsed, options);
        if (options.PretrainedWeights is { } weights)
            WeightsArgument.Check(weights, options.PretrainedAverage);
        return options;
    }

    /// <summary>All that a run depends on, so that it can be repeated.</summary>
    private static IEnumerable<(string Name, string? Value)> Configuration(
        ParseResult parsed, ConformerObjectDetectionTrainer.Options training) =>
    [
        (ConfigurationOption.NameOf(_data), parsed.GetValue(_data)?.FullName),
        .. Own.Concat(RunArguments.Configured).Select(option => (ConfigurationOption.NameOf(option), PathOrText(parsed, option))),
        .. CommonOptions.ValuesOf(DetectorOptions.All, training),
    ];

    /// <summary>Files and folders by their full paths, so that a configuration finds them from anywhere.</summary>
    private static string? PathOrText(ParseResult parsed, Option option) =>
        ConfigurationOption.TextOf(parsed, option) is { } text
            ? option is Option<DirectoryInfo> || ((option == _validation || option == _architecture) && File.Exists(text))
                ? Path.GetFullPath(text) : text
            : null;
}
