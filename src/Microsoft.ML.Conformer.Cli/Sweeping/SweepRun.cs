using System.Diagnostics;
using Microsoft.ML.Conformer.AutoML;
using Microsoft.ML.Runtime;
using Spectre.Console;

namespace Conformer.Cli.Sweeping;

/// <summary>
/// The work of `conformer sweep`. After Ctrl+C, and when the time is used up, the running step ends, then the best model so far is evaluated.
/// </summary>
internal sealed class SweepRun : IDisposable
{
    private readonly SweepSettings _settings;
    private readonly MLContext _mlContext;
    private readonly ImageSplits _images;
    private readonly SweepRanks _ranks;
    private readonly Sweep _sweep;
    private readonly HashSet<string> _told = [];
    private readonly Action<string> _write;

    private SweepRun(SweepSettings settings, MLContext mlContext, ImageSplits images, SweepRanks ranks)
    {
        (_settings, _mlContext, _images, _ranks) = (settings, mlContext, images, ranks);
        _write = settings.WritesJson ? Console.Error.WriteLine : Console.WriteLine;
        _sweep = new Sweep(mlContext, images, settings, ranks.Group);
        if (ranks.IsFirst)
            mlContext.Log += Tell;
    }

    /// <summary>Finds what cannot be used before anything is written, then makes the folders and opens the journal.</summary>
    public static SweepRun Prepare(SweepSettings settings, CancellationToken cancellation)
    {
        var mlContext = new MLContext(settings.Training.Seed);
        var ranks = new SweepRanks(settings, cancellation);
        try
        {
            return ranks.DoAsync(() => Task.FromResult(new SweepRun(settings, mlContext, ranks.FirstThenOthers(Load), ranks)))
                .GetAwaiter().GetResult();
        }
        catch
        {
            ranks.Dispose();
            throw;
        }

        ImageSplits Load()
        {
            if (ranks.Group.All.Size > 1 && settings.Tuner is not (TunerKind.Random or TunerKind.Grid))
                throw new ArgumentException(
                    $"--tuner: {ArgumentChecks.WordOf(settings.Tuner)} learns from each trial before it proposes the next one, so that " +
                    "several ranks cannot train at once. Take random or grid, or sweep without mpirun.");
            settings.Training.Validation.Data = mlContext.Data.LoadFromEnumerable<ImageFile>([]); // there always is some, if not read yet
            mlContext.MulticlassClassification.Trainers.Conformer(settings.Training); // finds options that do not fit each other
            var images = settings.Data is { } data
                ? Work.Open("DATA", () => mlContext.Data.LoadImageSplits(data, settings.Splitting)) : null;
            BestModels.Prepare(settings.Output);
            if (images is null && ranks.IsFirst)
                // As many to test with as to train on: the more images, the surer the last word.
                DrawnImages.Write(settings.File("images"), settings.Training, cancellation, TextureShapeImages.TrainingImagesPerClass);
            return images ?? mlContext.Data.LoadImageSplits(settings.File("images"), settings.Splitting);
        }
    }

    /// <summary>Sweeps; rank 0 alone shows it, and all end with its exit code.</summary>
    public Task<int> RunAsync(CancellationToken cancellation) => _ranks.DoAsync(async () =>
    {
        var code = 0;
        if (_ranks.IsFirst)
            code = await LeadAsync(cancellation);
        else
            await _sweep.RunAsync(board: null, _ranks.End);
        return _ranks.Group.All.GatherOne(code, "the end of the sweep")[0];
    });

    public void Dispose()
    {
        _mlContext.Log -= Tell;
        _sweep.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _ranks.Dispose();
    }

    private async Task<int> LeadAsync(CancellationToken cancellation)
    {
        if (_ranks.Group.All.Size > 1)
            _write($"ranks: {_ranks.Group.All.Size}, which train a trial each");
        _write(_images.Summary);
        if (_sweep.Journal.Records.Count > 0)
            _write($"resumed: {_sweep.Journal.Records.Count} trials of an earlier run");
        if (_sweep.Remaining <= TimeSpan.Zero)
            _write("resumed: the time budget is used up; a larger --time-budget goes on, another --output starts over");

        var clock = Stopwatch.StartNew();
        // Above what is shown of the running trial. It breaks long lines, such as paths and options that somebody may copy.
        var writeRow = _settings.WritesJson || Console.IsOutputRedirected ? _write : AnsiConsole.WriteLine;
        try
        {
            await LiveLines.ShowAsync(TrialBoard.Columns(_settings.Metric), writeRow, async lines =>
            {
                await _sweep.RunAsync(new TrialBoard(lines, _settings.Metric), _ranks.End);
                return 0;
            }, isLive: !_settings.WritesJson);
        }
        finally
        {
            _write($"swept-seconds: {clock.Elapsed.TotalSeconds:0.0}");
            WriteTrials();
        }
        // Any rank may be told to stop; what else stops all is the end of the time.
        var isInterrupted = cancellation.IsCancellationRequested ||
            (_ranks.Group.All.Size > 1 && _ranks.Group.Cancellation.IsCancellationRequested && !(_sweep.Remaining <= TimeSpan.Zero));
        if (_sweep.Best is not { } best)
        {
            if (!isInterrupted)
                throw new TimeoutException(WhyNothing());
            Console.Error.WriteLine("interrupted");
            return ExitCode.Interrupted;
        }
        var report = new SweepReport(_settings, _sweep, best);
        report.Write(_write);
        if (_settings.WritesJson)
            report.PrintJson();
        if (!isInterrupted)
            return 0;
        Console.Error.WriteLine("interrupted; the same command goes on");
        return ExitCode.Interrupted;
    }

    private void WriteTrials()
    {
        var trials = _sweep.Journal.Records;
        var (csv, page) = (_settings.File("trials.csv"), _settings.File("trials.html"));
        try
        {
            AtomicFile.Write(csv, TrialsCsv.Format(trials));
            AtomicFile.Write(page, TrialsPage.Format(trials, _sweep.Space, _settings.Metric, _sweep.Best));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException) // the models matter more
        {
            Work.Tell("warning", exception);
        }
        var counts = trials.CountBy(trial => trial.Outcome).ToDictionary();
        _write(
            $"trials: {trials.Count}, {counts.GetValueOrDefault(TrialOutcome.Finished)} finished, " +
            $"{counts.GetValueOrDefault(TrialOutcome.Pruned)} pruned, {counts.GetValueOrDefault(TrialOutcome.Failed)} failed" +
            (_sweep.Best is { IsCutShort: true } best ? $"; trial {best.Id} was ended early" : ""));
        _write($"table: {VisibleText.OfPath(csv)}");
        _write($"page: {VisibleText.OfPath(page)}");
    }

    private string WhyNothing()
    {
        if (_sweep.Journal.Records.LastOrDefault(trial => trial.Outcome == TrialOutcome.Failed) is { } failed)
            return $"No trial has finished; the last one that failed says: {SweptValues.Error(failed)}";
        if (_sweep.Pace is not { Epoch: { } epoch, Trial: { } trial })
            return "The time was used up before the first training step. Give a larger --time-budget.";
        return $"No epoch ended in the time: one takes about {TrialPace.Text(epoch)} here, a trial {TrialPace.Text(trial)}. Give a larger " +
            "--time-budget, or make trials shorter by --image-size, --variant or --epochs.";
    }

    /// <summary>Each warning once: trials give the same ones.</summary>
    private void Tell(object? sender, LoggingEventArgs e)
    {
        if (e.Kind == ChannelMessageKind.Warning && _told.Add(e.RawMessage)
            && !e.RawMessage.StartsWith("Training was canceled", StringComparison.Ordinal)) // the trial's row says so
            Console.Error.WriteLine($"warning: {CommandWords.Of(e.RawMessage)}");
    }
}
