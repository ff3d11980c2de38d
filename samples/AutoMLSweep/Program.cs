// Tunes a Conformer on a folder of photos with ML.NET's AutoML: see build/run.sh sweep --help.
using System.Diagnostics;
using System.Globalization;
using AutoMLSweep;
using FineTune;
using Microsoft.ML;
using Microsoft.ML.Conformer.AutoML;
using Spectre.Console;
using static FineTune.ConsoleProgram;

CultureInfo.CurrentCulture = CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;
if (Console.IsOutputRedirected)
{
    AnsiConsole.Profile.Width = 140; // a log has no edge at which tables would have to be squeezed
    AnsiConsole.Profile.Capabilities.Ansi = false;
}

// After Ctrl+C the running step ends, then the best model so far is evaluated.
return await ConsoleProgram.RunAsync(CommandLine.Create(RunAsync), args, terminationTimeout: TimeSpan.FromMinutes(2));

static async Task<int> RunAsync(Settings settings, CancellationToken cancellation)
{
    try
    {
        var mlContext = new MLContext(settings.Seed);
        ImageSplits images;
        try
        {
            images = settings.DataFolder is { } folder
                ? ImageSplits.Load(mlContext, folder, settings.Seed)
                : GenerateImages(mlContext, settings, cancellation);
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidDataException or IOException)
        {
            return Fail(exception, BadArguments);
        }
        Console.WriteLine(
            $"images: {images.Training.Count} to train on, {images.Validation.Count} to select by, {images.HeldOut.Count} held out");

        await using var sweep = new Sweep(mlContext, images, settings);
        if (sweep.Journal.Records.Count > 0)
            Console.WriteLine($"resumed: {sweep.Journal.Records.Count} trials of an earlier run");
        if (sweep.Remaining <= TimeSpan.Zero)
            Console.WriteLine("resumed: the time budget is used up; a larger --time-budget goes on, another --output starts over");
        return await SweepAndReportAsync(sweep, settings, cancellation);
    }
    catch (OperationCanceledException)
    {
        Console.Error.WriteLine("canceled; no trial has finished");
        return Canceled;
    }
    catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or InvalidDataException
        or IOException or NotSupportedException or UnauthorizedAccessException or DllNotFoundException)
    {
        return Fail(exception, Failed);
    }
}

static ImageSplits GenerateImages(MLContext mlContext, Settings settings, CancellationToken cancellation)
{
    var folder = Path.GetFullPath(Path.Combine(settings.OutputFolder, "data"));
    var (selection, heldOut) = (Path.Combine(folder, "selection"), Path.Combine(folder, "held-out"));
    var side = settings.ImageSize ?? GeneratedImageNetwork.ImageSize;
    TextureShapeImages.Write(selection, side, settings.Seed, cancellation);
    TextureShapeImages.Write(heldOut, side, settings.Seed + 1, cancellation);
    // Of the second set the larger part: the more images, the surer the last word.
    return ImageSplits.Of(mlContext, Path.Combine(selection, "train"), Path.Combine(selection, "val"), Path.Combine(heldOut, "train"));
}

static async Task<int> SweepAndReportAsync(Sweep sweep, Settings settings, CancellationToken cancellation)
{
    var clock = Stopwatch.StartNew();
    try
    {
        if (Console.IsOutputRedirected)
            await sweep.RunAsync(new PlainLines(Console.Out, settings.Metric.Text()).Show, cancellation);
        else
            await LiveTable.ShowAsync(settings.Metric.Text(), display => sweep.RunAsync(display, cancellation));
    }
    finally
    {
        Console.WriteLine($"swept-seconds: {clock.Elapsed.TotalSeconds:0.0}");
        WriteTrials(sweep, settings);
    }
    return Report(sweep, settings, cancellation);
}

static void WriteTrials(Sweep sweep, Settings settings)
{
    var trials = sweep.Journal.Records;
    var (csv, page) = (PathOf(settings, "trials.csv"), PathOf(settings, "trials.html"));
    File.WriteAllText(csv, TrialsCsv.Format(trials));
    File.WriteAllText(page, TrialsPage.Format(trials, sweep.Space, settings.Metric, sweep.Journal.Best?.Id));
    var counts = trials.CountBy(trial => trial.Outcome).ToDictionary();
    Console.WriteLine(
        $"trials: {trials.Count}, {counts.GetValueOrDefault(TrialOutcome.Finished)} finished, " +
        $"{counts.GetValueOrDefault(TrialOutcome.Pruned)} pruned, {counts.GetValueOrDefault(TrialOutcome.Failed)} failed");
    Console.WriteLine($"table: {csv}");
    Console.WriteLine($"page: {page}");
}

static int Report(Sweep sweep, Settings settings, CancellationToken cancellation)
{
    if (sweep.Journal.Best is not { } best)
    {
        cancellation.ThrowIfCancellationRequested();
        Console.Error.WriteLine("error: no trial has finished; allow more time or trials");
        return Failed;
    }
    var metric = settings.Metric.Text();
    Console.WriteLine($"best-trial: {best.Id}");
    Console.WriteLine($"best-settings: {SweptValues.Describe(best.Parameter)}");
    Console.WriteLine($"validation-{metric}: {best.Metric:0.0000}");
    if (best.Id != BestModels.DefaultsId && sweep.EvaluateHeldOut(BestModels.DefaultsId) is { } defaults)
        Console.WriteLine($"held-out-{metric}-of-defaults: {defaults:0.0000}");
    Console.WriteLine($"held-out-{metric}: {sweep.EvaluateHeldOut(best.Id):0.0000}");
    sweep.Models.Publish(best.Id);
    Console.WriteLine($"model: {sweep.Models.Zip}");
    Console.WriteLine($"onnx: {sweep.Models.Onnx}");
    return Success;
}

static string PathOf(Settings settings, string file) => Path.GetFullPath(Path.Combine(settings.OutputFolder, file));
