using System.Diagnostics;

namespace Conformer.Cli.Training;

/// <summary>A training run of a classifier.</summary>
internal sealed class TrainRun : RecordedRun
{
    private static readonly IReadOnlyList<EpochFigure> _figures =
    [
        new("val. loss", value => value.ValidationLoss),
        new("accuracy", value => value.ValidationAccuracy, IsJudged: true),
    ];

    private readonly TrainSettings _settings;
    private readonly ImageSplits _images;

    /// <summary>Begins a run, or goes on with one.</summary>
    /// <param name="settings">What is asked of it.</param>
    /// <param name="mlContext">Where the images were loaded.</param>
    /// <param name="images">The images.</param>
    public TrainRun(TrainSettings settings, MLContext mlContext, ImageSplits images)
        : base(settings, mlContext, new RunRecord
        {
            State = RunState.Running,
            Started = DateTime.UtcNow,
            Data = settings.Data,
            Classes = images.Classes.Count,
            TrainingImages = images.Classes.Sum(one => one.Training),
            ValidationImages = images.Classes.Sum(one => one.Validation),
            TestImages = images.Classes.Sum(one => one.Test),
            Network = settings.NetworkName,
            ImageSize = settings.Training.ImageSize,
            Recipe = settings.Training.Recipe.Name,
            Epochs = settings.Training.Epochs,
        }) => (_settings, _images) = (settings, images);

    protected override async Task TrainAsync(CancellationToken cancellation)
    {
        const string Warning = "warning: ";
        foreach (var line in _images.Summary.ReplaceLineEndings("\n").Split('\n'))
            if (line.StartsWith(Warning, StringComparison.Ordinal))
                Log.Warn(line[Warning.Length..]);
            else
                Log.Write(line);
        var clock = Stopwatch.StartNew();
        var (trained, training) = await TrainAsync(
            EpochRows.ColumnsOf(_figures), lines => new EpochRows(lines, _figures), () => _settings.Fit(MLContext, _images, cancellation));
        using var _ = trained;
        var classifier = trained.OfType<ImageClassifierTransformer>().Single();
        var summary = classifier.Summary!;
        Note(summary);

        // First of all, so that nothing that goes wrong later costs the training.
        var files = new ResultFiles(Run.Path);
        var saved = SavedModel.In(Run.Path, "model");
        saved.Save(files, MLContext, trained, training.Schema, path => classifier.SaveAsOnnx(path, new OnnxExportOptions
        {
            Precision = _settings.OnnxPrecision,
            CalibrationImages = training,
        }));
        files.SaveTo("model.safetensors", classifier.SaveWeights);
        files.SaveTo("recipe.json", _settings.Training.Recipe.Save);
        files.ThrowIfAnyFailed();
        ThrowIfCanceled(summary, saved, cancellation);
        Report(saved, summary, clock.Elapsed, cancellation);
    }

    /// <summary>From here on all is said by the file, as any app that opens it will say it.</summary>
    private void Report(SavedModel saved, TrainingSummary summary, TimeSpan trainingTime, CancellationToken cancellation)
    {
        var scoring = new ScoringOptions { IntraOpThreads = _settings.Training.Threads, BadImages = _settings.Training.BadImages };
        using var model = MLContext.Model.LoadImageClassifier(saved.Zip, scoring, nameof(ImageFile.ImagePath));
        var (part, images) = _images.Test is { } test ? ("test", test) : ("validation", _images.Validation);
        var clock = Stopwatch.StartNew();
        var evaluation = MLContext.MulticlassClassification.EvaluateImages(
            model, images, new ImageEvaluationOptions { Progress = new ProgressLines(), CancellationToken = cancellation });
        var scoringTime = clock.Elapsed;
        var metrics = evaluation.Metrics;
        var record = Record with
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
        evaluation.SaveJson(Run.File(RunFolder.EvaluationName));
        Log.Write(evaluation.Summary);
        var facts = new RunFacts(Run, record, _settings, _images, summary, trainingTime, model, evaluation);
        using (var explainer = Explainer(model))
            RunReport.Save(facts, explainer);
        AtomicFile.Write(Run.File(RunFolder.CardName), ModelCard.Of(facts));
        Log.Write($"accuracy: {metrics.Accuracy:0.0000} on {part} images");
        TellFiles(
            ("model", saved.Zip), ("onnx", saved.Onnx), ("card", Run.File(RunFolder.CardName)), ("report", Run.File(RunFolder.ReportName)));
        record.Save(Run);
        Record = record;
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
}
