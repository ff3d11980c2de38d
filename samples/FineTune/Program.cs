// Fine-tunes a Conformer or ConTNet on a folder of photos and saves it: see build/run.sh --help.
using FineTune;
using Microsoft.ML;
using Microsoft.ML.Conformer;
using Microsoft.ML.Runtime;
using Samples.Shared;
using Spectre.Console;

var kept = "nothing was saved";
var photosAreFit = true;

// After Ctrl+C the running step ends first.
return await ConsoleProgram.RunAsync(
    CommandLine.Create(async (settings, cancellation) =>
    {
        var code = await ConsoleProgram.TryAsync(
            () => Prepare(settings), () => RunAsync(settings, cancellation), ifCanceled: () => $"canceled; {kept}");
        return code == 0 && !photosAreFit ? 1 : code;
    }),
    args, timeToEnd: TimeSpan.FromMinutes(1));

async Task RunAsync(Settings settings, CancellationToken cancellation)
{
    var options = settings.Training;
    if (options.Checkpoints.Folder is { } checkpoints)
        kept = $"--resume goes on from what '{checkpoints}' has";
    var mlContext = new MLContext(options.Seed);
    mlContext.Log += (_, e) =>
    {
        if (e.Kind == ChannelMessageKind.Warning)
            Console.Error.WriteLine($"warning: {e.RawMessage}");
        else if (e.Kind == ChannelMessageKind.Info && e.Source.Contains("Trainer", StringComparison.Ordinal) &&
            !e.RawMessage.StartsWith("Epoch ", StringComparison.Ordinal)) // those are rows of the table
            AnsiConsole.WriteLine(e.RawMessage);
    };
    var folder = settings.DataFolder ?? GenerateImages(settings, cancellation);
    if (settings.Check)
    {
        photosAreFit = PhotoCheck.Run(mlContext, settings, folder, cancellation);
        return;
    }
    var images = mlContext.Data.LoadImageSplits(folder, new ImageFolderOptions { Seed = options.Seed });
    AnsiConsole.WriteLine(images.Summary);

    // The class names become keys; the model itself needs no Label, so this is not part of it.
    var keys = mlContext.Transforms.Conversion.MapValueToKey("Label").Fit(images.Training);
    var (training, validation) = (keys.Transform(images.Training), keys.Transform(images.Validation));

    (options.DownloadProgress, options.ReadingProgress) = (new DownloadLines(), new ReadingLines());
    options.CancellationToken = cancellation;
    options.Validation.Data = validation;
    if (settings.ShowAugmented is { } page)
    {
        Trainer(mlContext, options).SaveAugmentedExamples(training, page);
        Console.WriteLine($"augmented: {page}");
        return;
    }
    using var trained = await LiveTable.ShowAsync(EpochRows.Headers, table =>
    {
        options.Progress = new EpochRows(table);
        return Task.FromResult(Trainer(mlContext, options)
            .Append(mlContext.Transforms.Conversion.MapKeyToValue("PredictedClass", "PredictedLabel"))
            .Fit(training));
    });

    // First of all, so that nothing that goes wrong later costs the training.
    var results = new ResultFiles(settings.OutputFolder);
    var saved = SavedModel.In(settings.OutputFolder, "model");
    saved.Save(results, mlContext, trained, training.Schema, new OnnxExportOptions
    {
        Precision = settings.Precision,
        CalibrationImages = training,
    });

    var classifier = trained.OfType<ImageClassifierTransformer>().Single();
    var weights = Path.ChangeExtension(saved.Onnx, ".safetensors");
    results.SaveTo(Path.GetFileName(weights), classifier.SaveWeights);
    results.SaveTo("recipe.json", options.Recipe.Save);
    results.ThrowIfAnyFailed();
    var summary = classifier.Summary!;
    if (summary.End == TrainingEnd.Canceled)
    {
        kept = $"{saved.Zip} and {saved.Onnx} have the weights of epoch {summary.BestEpoch}, the best so far" +
            (options.Checkpoints.Folder is null ? "" : "; --resume goes on");
        throw new OperationCanceledException(cancellation);
    }

    // From here on all is said by the file, as any app that opens it will say it.
    var scoring = new ScoringOptions { IntraOpThreads = options.Threads, BadImages = options.BadImages };
    using var model = mlContext.Model.LoadImageClassifier(saved.Zip, scoring, nameof(ImageFile.ImagePath));
    var metrics = mlContext.MulticlassClassification.Evaluate(model.Transform(validation));
    Report.ConfusionMatrix(metrics, model.ClassNames);
    var photos = mlContext.Data.CreateEnumerable<ImageFile>(images.Validation, reuseRowObject: false);
    Report.Predictions(mlContext, saved, photos, scoring);

    Console.WriteLine($"micro-accuracy: {metrics.MicroAccuracy:0.0000}");
    Console.WriteLine($"train-ms-per-image: {summary.TrainMillisecondsPerImage:0.0}");
    Console.WriteLine($"model: {saved.Zip}");
    Console.WriteLine($"onnx: {saved.Onnx}");
    Console.WriteLine($"weights: {weights}");
}

static ImageClassificationTrainer Trainer(MLContext mlContext, ImageClassificationTrainerOptions options)
{
    var trainers = mlContext.MulticlassClassification.Trainers;
    return options is ConTNetTrainer.Options conTNet ? trainers.ConTNet(conTNet) : trainers.Conformer((ConformerTrainer.Options)options);
}

static void Prepare(Settings settings)
{
    var (trains, generates) = (settings.ShowAugmented is null, settings.DataFolder is null);
    if (trains || generates || settings.Check)
        ResultFiles.Prepare(settings.OutputFolder, "--output");
    if (settings.Check)
        return;
    ResultFiles.PrepareTemporaryFolder();
    if (settings.ShowAugmented is { } page)
    {
        ResultFiles.PrepareFile(page);
        return;
    }
    ResultFiles.Prepare(settings.Training.Checkpoints.Folder, "--checkpoints");
    ResultFiles.Prepare(settings.Training.Records.Folder, "--records");
}

static string GenerateImages(Settings settings, CancellationToken cancellation)
{
    var folder = Path.GetFullPath(Path.Combine(settings.OutputFolder, "data"));
    TextureShapeImages.Write(folder, settings.Training.ImageSize, settings.Training.Seed, cancellation);
    Console.WriteLine($"images: generated in {folder}");
    return folder;
}
