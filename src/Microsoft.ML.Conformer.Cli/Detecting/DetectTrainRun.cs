using System.Diagnostics;
using Microsoft.ML.Conformer.Detection.Training;

namespace Conformer.Cli.Detecting;

/// <summary>A training run of a detector.</summary>
internal sealed class DetectTrainRun(DetectTrainSettings settings, MLContext mlContext, DetectionData data)
    : RecordedRun(settings, mlContext, new RunRecord
    {
        State = RunState.Running,
        Started = DateTime.UtcNow,
        Data = settings.Data,
        Classes = data.Classes.Count,
        TrainingImages = data.Training.Count,
        ValidationImages = data.Validation.Count,
        Network = DetectorOptions.NetworkName(settings.Training),
        LongestSide = settings.Training.LongestSide,
        ShortestSide = settings.Training.ShortestSide,
        Epochs = settings.Training.Epochs,
    })
{
    private IReadOnlyList<EpochFigure> Figures =>
    [
        new("AP", value => value.ValidationFigures?[DetectionTask.AveragePrecision], IsJudged: true),
        .. settings.Training.Architecture.HasMasks
            ? (EpochFigure[])[new("mask AP", value => value.ValidationFigures?[DetectionTask.MaskAveragePrecision])] : [],
    ];

    protected override async Task TrainAsync(CancellationToken cancellation)
    {
        foreach (var line in TextTable.Wrapped(
            $"{Record.Network}: {Count(data.Classes.Count, "class", "classes")}, {Count(data.Training.Count)} images to train on, " +
            $"{Count(data.Validation.Count)} to validate"))
            Log.Write(line);
        foreach (var warning in data.Warnings)
            Log.Warn(warning);
        if (!settings.Resumes)
            DetectorArchitectureFile.Save(
                Run.File(RunFolder.ArchitectureName), settings.Training.Architecture with { NumClasses = data.Classes.Count });
        var clock = Stopwatch.StartNew();
        using var detector = await TrainAsync(
            EpochRows.ColumnsOf(Figures), lines => new EpochRows(lines, Figures), () => settings.Fit(MLContext, data, cancellation));
        var (summary, trainingTime) = (detector.Summary!, clock.Elapsed);
        Note(summary);

        // First of all, so that nothing that goes wrong later costs the training.
        var files = new ResultFiles(Run.Path);
        var saved = SavedModel.In(Run.Path, "model");
        saved.Save(files, MLContext, detector, data.Training.Rows.Schema, detector.SaveAsOnnx);
        files.ThrowIfAnyFailed();
        ThrowIfCanceled(summary, saved, cancellation);
        Report(saved, summary, trainingTime, cancellation);
    }

    /// <summary>From here on all is said by the file, as any app that opens it will say it.</summary>
    private void Report(SavedModel saved, TrainingSummary summary, TimeSpan trainingTime, CancellationToken cancellation)
    {
        var options = settings.Training;
        var scoring = new ScoringOptions
        {
            IntraOpThreads = options.Threads,
            MaxImagePixels = options.MaxImagePixels,
            TolerateTruncated = options.TolerateTruncated,
        };
        using var model = MLContext.Model.LoadObjectDetector(saved.Onnx, scoring, nameof(ImageFile.ImagePath));
        var skipped = summary.SkippedImages.Select(image => image.Path).ToHashSet();
        var images = skipped.Count == 0 ? data.Validation : MarkedPart.Of(MLContext, data.Validation.Rows, path => !skipped.Contains(path));
        var clock = Stopwatch.StartNew();
        var report = MLContext.MulticlassClassification.EvaluateDetections(
            model.Transform(images.Rows),
            new DetectionEvaluationOptions { Progress = new ProgressLines(), CancellationToken = cancellation });
        var record = Record with
        {
            State = RunState.Finished,
            Ended = DateTime.UtcNow,
            EvaluatedOn = "validation",
            AveragePrecision = report.Boxes.AveragePrecision,
            MaskAveragePrecision = report.Masks?.AveragePrecision,
            ScoreMillisecondsPerImage = clock.Elapsed.TotalMilliseconds / report.Images.Count,
        };
        report.SaveJson(Run.File(RunFolder.EvaluationName));
        report.SaveHtml(Run.File(RunFolder.ReportName));
        Log.Write(report.Summary);
        Log.Write(FormattableString.Invariant($"trained in {trainingTime.TotalMinutes:0.0} minutes, reading included; ") +
            $"the best epoch is {summary.BestEpoch}");
        Log.Write($"AP: {Number(report.Boxes.AveragePrecision)}" +
            (report.Masks is { } masks ? $", of masks {Number(masks.AveragePrecision)}" : "") +
            $" on {Count(report.Images.Count, "validation image", "validation images")}");
        TellFiles(("model", saved.Zip), ("onnx", saved.Onnx), ("report", Run.File(RunFolder.ReportName)));
        record.Save(Run);
        Record = record;
    }
}
