using Microsoft.ML.Runtime;

namespace Conformer.Cli.Training;

/// <summary>A training run, whatever is trained: its folder, lock, log and record. What it makes is in the folder as soon as it can be.</summary>
internal abstract class RecordedRun : ITrainingRank
{
    /// <summary>What files begin with that a killed process may have left half-written.</summary>
    private static readonly string[] _written =
    [
        "model.", "recipe.json.", RunFolder.ConfigurationName, RunFolder.RecordName, RunFolder.ReportName, RunFolder.CardName,
        RunFolder.EvaluationName, RunFolder.HistoryName, RunFolder.ArchitectureName,
    ];

    private readonly RunSettings _settings;
    private readonly RunLock _lock;

    /// <summary>Begins a run, or goes on with one.</summary>
    /// <param name="settings">What is asked of it.</param>
    /// <param name="mlContext">Where the images were loaded.</param>
    /// <param name="record">What is known so far.</param>
    protected RecordedRun(RunSettings settings, MLContext mlContext, RunRecord record)
    {
        (_settings, MLContext, Record) = (settings, mlContext, record);
        _lock = new RunLock(Run);
        AtomicFile.RemoveLeftovers(Run.Path, _written);
        Log = new RunLog(Run);
        MLContext.Log += Tell;
        if (!settings.Resumes)
            AtomicFile.Write(Run.File(RunFolder.ConfigurationName), WrittenConfiguration.Of(settings.Command, settings.Configuration));
        Record.Save(Run);
    }

    protected MLContext MLContext { get; }

    protected RunFolder Run => _settings.Run;

    protected RunLog Log { get; }

    protected RunRecord Record { get; set; }

    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        try
        {
            Log.Write($"run: {VisibleText.OfPath(Run.Path)}");
            await TrainAsync(cancellation);
            if (!_settings.KeepsCheckpoints && Directory.Exists(Run.Checkpoints))
                Directory.Delete(Run.Checkpoints, recursive: true);
            return 0;
        }
        catch (OperationCanceledException)
        {
            Save(Record with { State = RunState.Interrupted });
            var path = VisibleText.OfPath(Run.Path);
            var together = Rank.CommandOf(_settings.Common.Distributed == DistributedTraining.Auto ? Rank.Count : 1);
            Log.Warn($"interrupted; `{together}conformer {_settings.Command} --resume " +
                $"{(path.Any(char.IsWhiteSpace) ? $"\"{path}\"" : path)}` goes on");
            return ExitCode.Interrupted;
        }
        catch (Exception exception)
        {
            Save(Record with { State = RunState.Failed, Error = VisibleText.Reason(exception) });
            Log.Note($"error: {exception.Message}");
            throw;
        }
    }

    public void Dispose()
    {
        MLContext.Log -= Tell;
        Log.Dispose();
        _lock.Dispose();
    }

    /// <summary>Trains, and saves and tells all that comes of it.</summary>
    /// <exception cref="OperationCanceledException">Training was canceled; the best model so far is saved, if there is one.</exception>
    protected abstract Task TrainAsync(CancellationToken cancellation);

    /// <summary>Trains while a line for each epoch is shown.</summary>
    protected Task<T> TrainAsync<T>(IReadOnlyList<TextColumn> columns, Func<LiveLines, IProgress<TrainingProgress>> rows, Func<T> fit) =>
        LiveLines.ShowAsync(columns, Log.Write, lines =>
        {
            var options = _settings.Common;
            (options.DownloadProgress, options.ReadingProgress) = (new DownloadLines(Log.Write), new ProgressLines());
            options.Progress = rows(lines);
            return Task.FromResult(fit());
        });

    /// <summary>Notes how training went.</summary>
    protected void Note(TrainingSummary summary) => Record = Record with
    {
        Device = summary.Device,
        Ranks = summary.Ranks > 1 ? summary.Ranks : null,
        BestEpoch = summary.BestEpoch,
        TrainMillisecondsPerImage = summary.TrainMillisecondsPerImage,
    };

    /// <summary>Ends a run that was canceled, whose best model so far is saved.</summary>
    protected void ThrowIfCanceled(TrainingSummary summary, SavedModel saved, CancellationToken cancellation)
    {
        if (summary.End != TrainingEnd.Canceled)
            return;
        Log.Write($"model: {VisibleText.OfPath(saved.Zip)} has the weights of epoch {summary.BestEpoch}, the best so far");
        throw new OperationCanceledException(cancellation);
    }

    /// <summary>Says where files are.</summary>
    protected void TellFiles(params ReadOnlySpan<(string What, string File)> files)
    {
        foreach (var (what, file) in files)
            Log.Write($"{what}: {VisibleText.OfPath(file)}");
    }

    private void Save(RunRecord record)
    {
        try
        {
            (record with { Ended = DateTime.UtcNow }).Save(Run);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.Warn(VisibleText.Reason(exception)); // what ended the run is told anyway
        }
    }

    private void Tell(object? sender, LoggingEventArgs e)
    {
        if (e.Kind == ChannelMessageKind.Warning)
            Log.Warn(CommandWords.Of(e.RawMessage));
        else if (e.Kind == ChannelMessageKind.Info && e.Source.Contains("Trainer", StringComparison.Ordinal) &&
            !e.RawMessage.StartsWith("Epoch ", StringComparison.Ordinal)) // those are rows
            foreach (var line in TextTable.Wrapped(CommandWords.Of(e.RawMessage)))
                Log.Write(line);
    }
}
