// Fine-tunes a Conformer on a folder of photos and saves it: see build/run.sh --help.
using System.Globalization;
using System.Runtime.InteropServices;
using FineTune;
using Microsoft.ML;
using Microsoft.ML.Conformer;
using Microsoft.ML.Runtime;
using Spectre.Console;
using static FineTune.ConsoleProgram;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (Console.IsOutputRedirected)
{
    AnsiConsole.Profile.Width = 140; // a log has no edge at which tables would have to be squeezed
    AnsiConsole.Profile.Capabilities.Ansi = false;
}

// After Ctrl+C the running step ends first.
return await ConsoleProgram.RunAsync(CommandLine.Create(Run), args, terminationTimeout: TimeSpan.FromMinutes(1));

static int Run(Settings settings, CancellationToken cancellation)
{
    try
    {
        var mlContext = new MLContext(settings.Seed);
        mlContext.Log += (_, e) =>
        {
            if (e.Kind == ChannelMessageKind.Warning)
                Console.Error.WriteLine($"warning: {e.RawMessage}");
            else if (e.RawMessage.StartsWith("Training on ", StringComparison.Ordinal))
                AnsiConsole.WriteLine(e.RawMessage + Environment.NewLine);
        };
        ImageFolders images;
        try
        {
            images = ImageFolders.Load(mlContext, settings.DataFolder ?? GenerateImages(settings, cancellation), settings.Seed);
            if (settings.SkipBadImages)
                images = images.WithReadableValidation(mlContext);
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidDataException or IOException)
        {
            return Fail(exception, BadArguments);
        }
        TrainAndReport(mlContext, images, settings, cancellation);
        return Success;
    }
    catch (OperationCanceledException)
    {
        Console.Error.WriteLine("canceled; nothing was saved");
        return Canceled;
    }
    catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or InvalidDataException
        or FormatException or IOException or UnauthorizedAccessException or InsufficientMemoryException
        // of libtorch, such as a GPU's lack of memory, and where a native library is missing
        or ExternalException or NotSupportedException or TypeInitializationException or DllNotFoundException)
    {
        return Fail(exception, Failed);
    }
}

static string GenerateImages(Settings settings, CancellationToken cancellation)
{
    var folder = Path.GetFullPath(Path.Combine(settings.OutputFolder, "data"));
    TextureShapeImages.Write(folder, settings.ImageSize ?? GeneratedImageNetwork.ImageSize, settings.Seed, cancellation);
    Console.WriteLine($"images: generated in {folder}");
    return folder;
}

static void TrainAndReport(MLContext mlContext, ImageFolders images, Settings settings, CancellationToken cancellation)
{
    // The class names become keys; the model itself needs no Label, so this is not part of it.
    var keys = mlContext.Transforms.Conversion.MapValueToKey("Label").Fit(images.Training);
    var (training, validation) = (keys.Transform(images.Training), keys.Transform(images.Validation));

    using var model = Console.IsOutputRedirected
        ? FineTuning.Train(mlContext, training, validation, settings, new PlainProgress(Console.Out), cancellation)
        : LiveProgress.Show(progress => FineTuning.Train(mlContext, training, validation, settings, progress, cancellation));
    var network = model.OfType<ImageClassifierTransformer>().Single();

    // First of all, so that nothing that goes wrong later costs the training.
    var saved = SavedModels.Save(mlContext, model, training, settings);

    var metrics = mlContext.MulticlassClassification.Evaluate(model.Transform(validation));
    Report.ConfusionMatrix(metrics, network.ClassNames);
    Report.Predictions(mlContext, saved, images.Validation, settings.Threads);

    Console.WriteLine($"micro-accuracy: {metrics.MicroAccuracy:0.0000}");
    Console.WriteLine($"train-ms-per-image: {network.Summary!.TrainMillisecondsPerImage:0.0}");
    Console.WriteLine($"model: {saved.Zip}");
    Console.WriteLine($"onnx: {saved.Onnx}");
}
