using System.Diagnostics;
using Microsoft.ML.Conformer.AutoML;

namespace Conformer.Cli.Sweeping;

/// <summary>The work of `conformer sweep`. After Ctrl+C the running step ends, then the best model so far is evaluated.</summary>
internal sealed class SweepRun(SweepSettings settings)
{
    /// <summary>Makes and tests the folders that models are saved to.</summary>
    public static SweepRun Prepare(SweepSettings settings)
    {
        BestModels.Prepare(settings.OutputFolder);
        return new SweepRun(settings);
    }

    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        var mlContext = new MLContext(settings.Training.Seed);
        var images = mlContext.Data.LoadImageSplits(
            settings.DataFolder ?? DrawImages(cancellation),
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
            best = await LiveLines.ShowAsync(
                TrialBoard.Columns(settings.Metric.Text()), Console.WriteLine, lines => sweep.RunAsync(lines, cancellation));
        }
        finally
        {
            Console.WriteLine($"swept-seconds: {clock.Elapsed.TotalSeconds:0.0}");
            WriteTrials(sweep);
        }
        if (best is null)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new TimeoutException("No trial has finished; allow more time or trials.");
        }
        Report(sweep, best);
        return 0;
    }

    /// <summary>As many to test with as to train on: the more images, the surer the last word.</summary>
    private string DrawImages(CancellationToken cancellation) =>
        DrawnImages.Write(PathOf("images"), settings.Training, cancellation, TextureShapeImages.TrainingImagesPerClass);

    private void WriteTrials(Sweep sweep)
    {
        var trials = sweep.Journal.Records;
        var (csv, page) = (PathOf("trials.csv"), PathOf("trials.html"));
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

    private void Report(Sweep sweep, TrialRecord best)
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

    private string PathOf(string file) => Path.GetFullPath(Path.Combine(settings.OutputFolder, file));
}
