using System.Diagnostics;
using Microsoft.ML.Runtime;

namespace Conformer.Cli.Training;

/// <summary>A training run: what it makes is in its folder as soon as it can be.</summary>
internal sealed class TrainRun : ITrainingRank
{
    /// <summary>What files begin with that a killed process may have left half-written.</summary>
    private static readonly string[] _written =
    [
        "model.", "recipe.json.", RunFolder.ConfigurationName, RunFolder.RecordName, RunFolder.ReportName, RunFolder.CardName,
        RunFolder.EvaluationName, RunFolder.HistoryName,
    ];

    private readonly TrainSettings _settings;
    private readonly MLContext _mlContext;
    private readonly RunFolder _run;
    private readonly RunLock _lock;
    private readonly RunLog _log;
    private readonly ImageSplits _images;
    private RunRecord _record;

    /// <summary>Begins a run, or goes on with one.</summary>
    /// <param name="settings">What is asked of it.</param>
    /// <param name="mlContext">Where the images were loaded.</param>
    /// <param name="images">The images.</param>
    public TrainRun(TrainSettings settings, MLContext mlContext, ImageSplits images)
    {
        (_settings, _mlContext, _images, _run) = (settings, mlContext, images, settings.Run);
        _lock = new RunLock(_run);
        AtomicFile.RemoveLeftovers(_run.Path, _written);
        _log = new RunLog(_run);
        _mlContext.Log += Tell;
        var training = settings.Training;
        _record = new RunRecord
        {
            State = RunState.Running,
            Started = DateTime.UtcNow,
            Data = settings.Data,
            Classes = images.Classes.Count,
            TrainingImages = images.Classes.Sum(one => one.Training),
            ValidationImages = images.Classes.Sum(one => one.Validation),
            TestImages = images.Classes.Sum(one => one.Test),
            Network = settings.NetworkName,
            ImageSize = training.ImageSize,
            Recipe = training.Recipe.Name,
            Epochs = training.Epochs,
        };
        if (!settings.Resumes)
            AtomicFile.Write(_run.File(RunFolder.ConfigurationName), WrittenConfiguration.Of("train", settings.Configuration));
        _record.Save(_run);
    }

    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        try
        {
            return await TrainAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            Save(_record with { State = RunState.Interrupted });
            var path = VisibleText.OfPath(_run.Path);
            var together = Rank.CommandOf(_settings.Training.Distributed == DistributedTraining.Auto ? Rank.Count : 1);
            _log.Warn($"interrupted; `{together}conformer train --resume {(path.Any(char.IsWhiteSpace) ? $"\"{path}\"" : path)}` goes on");
            return ExitCode.Interrupted;
        }
        catch (Exception exception)
        {
            Save(_record with { State = RunState.Failed, Error = VisibleText.Reason(exception) });
            _log.Note($"error: {exception.Message}");
            throw;
        }
    }

    public void Dispose()
    {
        _mlContext.Log -= Tell;
        _log.Dispose();
        _lock.Dispose();
    }

    private async Task<int> TrainAsync(CancellationToken cancellation)
    {
        _log.Write($"run: {VisibleText.OfPath(_run.Path)}");
        const string Warning = "warning: ";
        foreach (var line in _images.Summary.ReplaceLineEndings("\n").Split('\n'))
            if (line.StartsWith(Warning, StringComparison.Ordinal))
                _log.Warn(line[Warning.Length..]);
            else
                _log.Write(line);
        var clock = Stopwatch.StartNew();
        var (trained, training) = await LiveLines.ShowAsync(EpochRows.Columns, _log.Write, lines =>
        {
            var options = _settings.Training;
            (options.DownloadProgress, options.ReadingProgress) = (new DownloadLines(_log.Write), new ProgressLines());
            options.Progress = new EpochRows(lines);
            return Task.FromResult(_settings.Fit(_mlContext, _images, cancellation));
        });
        using var _ = trained;
        var classifier = trained.OfType<ImageClassifierTransformer>().Single();
        var summary = classifier.Summary!;
        _record = _record with
        {
            Device = summary.Device,
            Ranks = summary.Ranks > 1 ? summary.Ranks : null,
            BestEpoch = summary.BestEpoch,
            TrainMillisecondsPerImage = summary.TrainMillisecondsPerImage,
        };

        // First of all, so that nothing that goes wrong later costs the training.
        var files = new ResultFiles(_run.Path);
        var saved = SavedModel.In(_run.Path, "model");
        saved.Save(files, _mlContext, trained, training.Schema, new OnnxExportOptions
        {
            Precision = _settings.OnnxPrecision,
            CalibrationImages = training,
        });
        files.SaveTo("model.safetensors", classifier.SaveWeights);
        files.SaveTo("recipe.json", _settings.Training.Recipe.Save);
        files.ThrowIfAnyFailed();
        if (summary.End == TrainingEnd.Canceled)
        {
            _log.Write($"model: {VisibleText.OfPath(saved.Zip)} has the weights of epoch {summary.BestEpoch}, the best so far");
            throw new OperationCanceledException(cancellation);
        }
        Report(saved, summary, clock.Elapsed, cancellation);
        if (!_settings.KeepsCheckpoints && Directory.Exists(_run.Checkpoints))
            Directory.Delete(_run.Checkpoints, recursive: true);
        return 0;
    }

    /// <summary>From here on all is said by the file, as any app that opens it will say it.</summary>
    private void Report(SavedModel saved, TrainingSummary summary, TimeSpan trainingTime, CancellationToken cancellation)
    {
        var scoring = new ScoringOptions { IntraOpThreads = _settings.Training.Threads, BadImages = _settings.Training.BadImages };
        using var model = _mlContext.Model.LoadImageClassifier(saved.Zip, scoring, nameof(ImageFile.ImagePath));
        var (part, images) = _images.Test is { } test ? ("test", test) : ("validation", _images.Validation);
        var clock = Stopwatch.StartNew();
        var evaluation = _mlContext.MulticlassClassification.EvaluateImages(
            model, images, new ImageEvaluationOptions { Progress = new ProgressLines(), CancellationToken = cancellation });
        var scoringTime = clock.Elapsed;
        var metrics = evaluation.Metrics;
        var record = _record with
        {
            State = RunState.Finished,
            Ended = DateTime.UtcNow,
            EvaluatedOn = part,
            Accuracy = metrics.Accuracy,
            AccuracyInterval = evaluation.Intervals.Accuracy,
            MacroF1 = metrics.MacroOfPresentClasses.F1,
            LogLoss = metrics.LogLoss,
            CalibrationError = metrics.ExpectedCalibrationError,
            ScoreMillisecondsPerImage = scoringTime.TotalMilliseconds / evaluation.Images.Count,
        };
        evaluation.SaveJson(_run.File(RunFolder.EvaluationName));
        _log.Write(evaluation.Summary);
        var facts = new RunFacts(_run, record, _settings, _images, summary, trainingTime, model, evaluation);
        using (var explainer = Explainer(model))
            RunReport.Save(facts, explainer);
        AtomicFile.Write(_run.File(RunFolder.CardName), ModelCard.Of(facts));
        _log.Write($"accuracy: {metrics.Accuracy:0.0000} on {part} images");
        foreach (var (what, file) in (ReadOnlySpan<(string, string)>)[
            ("model", saved.Zip), ("onnx", saved.Onnx), ("card", _run.File(RunFolder.CardName)), ("report", _run.File(RunFolder.ReportName))])
            _log.Write($"{what}: {VisibleText.OfPath(file)}");
        record.Save(_run);
        _record = record;
    }

    private static ImageExplainer? Explainer(ImageClassifierTransformer model)
    {
        try
        {
            return model.CreateExplainer(new ExplanationOptions { IncludeStages = false });
        }
        catch (InvalidOperationException)
        {
            return null; // such a model tells nothing of where it looks; its report does without
        }
    }

    private void Save(RunRecord record)
    {
        try
        {
            (record with { Ended = DateTime.UtcNow }).Save(_run);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _log.Warn(VisibleText.Reason(exception)); // what ended the run is told anyway
        }
    }

    private void Tell(object? sender, LoggingEventArgs e)
    {
        if (e.Kind == ChannelMessageKind.Warning)
            _log.Warn(CommandWords.Of(e.RawMessage));
        else if (e.Kind == ChannelMessageKind.Info && e.Source.Contains("Trainer", StringComparison.Ordinal) &&
            !e.RawMessage.StartsWith("Epoch ", StringComparison.Ordinal)) // those are rows
            foreach (var line in TextTable.Wrapped(CommandWords.Of(e.RawMessage)))
                _log.Write(line);
    }
}
