// Tunes a Conformer on a folder of photos with ML.NET's AutoML: see build/run.sh sweep --help.
using System.Diagnostics;
using AutoMLSweep;
using Microsoft.ML;
using Microsoft.ML.Conformer;
using Microsoft.ML.Conformer.AutoML;
using Samples.Shared;

// After Ctrl+C the running step ends, then the best model so far is evaluated.
return await ConsoleProgram.RunAsync(
    CommandLine.Create((settings, cancellation) => ConsoleProgram.TryAsync(
        () => BestModels.Prepare(settings.OutputFolder), () => RunAsync(settings, cancellation),
        ifCanceled: () => "canceled; no trial has finished")),
    args, timeToEnd: TimeSpan.FromMinutes(2));

static async Task RunAsync(Settings settings, CancellationToken cancellation)
{
    var mlContext = new MLContext(settings.Training.Seed);
    var images = mlContext.Data.LoadImageSplits(
        settings.DataFolder ?? GenerateImages(settings, cancellation),
        new ImageFolderOptions { TestFraction = 0.2, Seed = settings.Training.Seed });
    Console.WriteLine(images.Summary);

    await using var sweep = new Sweep(mlContext, images, settings);
    if (sweep.Journal.Records.Count > 0)
        Console.WriteLine($"resumed: {sweep.Journal.Records.Count} trials of an earlier run");
    if (sweep.Remaining <= TimeSpan.Zero)
        Console.WriteLine("resumed: the time budget is used up; a larger --time-budget goes on, another --output starts over");

    var clock = Stopwatch.StartNew();
    TrialRecord? best;
    try
    {
        best = await LiveTable.ShowAsync(TrialBoard.Headers(settings.Metric.Text()), table => sweep.RunAsync(table, cancellation));
    }
    finally
    {
        Console.WriteLine($"swept-seconds: {clock.Elapsed.TotalSeconds:0.0}");
        WriteTrials(sweep, settings);
    }
    if (best is null)
    {
        cancellation.ThrowIfCancellationRequested();
        throw new TimeoutException("No trial has finished; allow more time or trials.");
    }
    Report(sweep, settings, best);
}

static string GenerateImages(Settings settings, CancellationToken cancellation)
{
    var folder = PathOf(settings, "images");
    // As many to test with as to train on: the more images, the surer the last word.
    TextureShapeImages.Write(
        folder, settings.Training.ImageSize, settings.Training.Seed, cancellation, TextureShapeImages.TrainingImagesPerClass);
    return folder;
}

static void WriteTrials(Sweep sweep, Settings settings)
{
    var trials = sweep.Journal.Records;
    var (csv, page) = (PathOf(settings, "trials.csv"), PathOf(settings, "trials.html"));
    try
    {
        File.WriteAllText(csv, TrialsCsv.Format(trials));
        File.WriteAllText(page, TrialsPage.Format(trials, sweep.Space, settings.Metric, sweep.Journal.Best?.Id));
    }
    catch (Exception exception) when (exception is IOException or UnauthorizedAccessException) // the models matter more
    {
        Console.Error.WriteLine($"warning: {VisibleText.Reason(exception)}");
    }
    var counts = trials.CountBy(trial => trial.Outcome).ToDictionary();
    Console.WriteLine(
        $"trials: {trials.Count}, {counts.GetValueOrDefault(TrialOutcome.Finished)} finished, " +
        $"{counts.GetValueOrDefault(TrialOutcome.Pruned)} pruned, {counts.GetValueOrDefault(TrialOutcome.Failed)} failed");
    Console.WriteLine($"table: {csv}");
    Console.WriteLine($"page: {page}");
}

static void Report(Sweep sweep, Settings settings, TrialRecord best)
{
    var metric = settings.Metric.Text();
    Console.WriteLine($"best-trial: {best.Id}");
    Console.WriteLine($"best-settings: {SweptValues.Describe(best.Parameter)}");
    Console.WriteLine($"validation-{metric}: {best.Metric:0.0000}");
    if (best.Id != BestModels.DefaultsId && sweep.EvaluateHeldOut(BestModels.DefaultsId) is { } defaults)
        Console.WriteLine($"held-out-{metric}-of-defaults: {defaults:0.0000}");
    Console.WriteLine($"held-out-{metric}: {sweep.EvaluateHeldOut(best.Id):0.0000}");
    var published = sweep.Models.Publish(best.Id);
    Console.WriteLine($"model: {published.Zip}");
    Console.WriteLine($"onnx: {published.Onnx}");
}

static string PathOf(Settings settings, string file) => Path.GetFullPath(Path.Combine(settings.OutputFolder, file));
