using System.CommandLine;
using Microsoft.ML.Conformer.Columns;

namespace Conformer.Cli.Detecting;

/// <summary>`conformer detect eval MODEL DATA`: how good a detector is.</summary>
internal static class DetectEvalCommand
{
    private static readonly Argument<string> _model = DetectorArguments.NewArgument();

    private static readonly Argument<FileSystemInfo> _data = new Argument<FileSystemInfo>("DATA")
    {
        Description = "Photos with marked objects: COCO's .json, a folder as of Pascal VOC, or one as of YOLO tools.",
    }.Existing();

    private static readonly AnnotationArguments _annotations = new("The split to take, such as val, of Pascal VOC or YOLO.");

    private static readonly ScoringArguments _scoring = new(hasBatches: true);

    private static readonly Option<double> _threshold = new Option<double>("--threshold")
    {
        Description = "From which score on a detection counts where mistakes are counted and shown. AP takes all.",
        DefaultValueFactory = _ => new DetectionEvaluationOptions().LeastScore,
    }.Between(0, 1);

    private static readonly Option<string> _output = new("--output")
    {
        Description = "Folder for detection.html, detection.json and detection.csv.",
        HelpName = "FOLDER",
        DefaultValueFactory = _ => "conformer-eval",
    };

    public static Command Create()
    {
        var command = new Command(
            "eval", "Says how good a detector is: COCO's average precision and recall, mistakes by their kind, the worst images.")
        {
            _model, _data,
        };
        foreach (var option in (IEnumerable<Option>)[.. _annotations.All, _threshold, .. _scoring.All, _output])
            command.Options.Add(option);
        command.SetAction((parsed, cancellation) =>
        {
            var mlContext = new MLContext();
            return Work.RunAsync(() => Prepare(mlContext, parsed), run => Run(mlContext, run, parsed, cancellation));
        });
        return command;
    }

    private static Prepared Prepare(MLContext mlContext, ParseResult parsed)
    {
        var source = _annotations.ReadMarked(parsed, parsed.GetRequiredValue(_data));
        ResultFiles.Prepare(parsed.GetRequiredValue(_output), _output.Name);
        var data = Work.Open(
            _data.Name, () => source.Load(mlContext, warning => Console.Error.WriteLine($"warning: {warning}")));
        var prepared = new Prepared(data, DetectorArguments.Open(mlContext, parsed, _model, _scoring.Options(parsed)));
        var (classes, known) = (ClassLabels.Of(data.Schema[ScoringColumns.DefaultLabel]).Names, prepared.Detector.ClassNames);
        if (classes.Intersect(known).Any())
            return prepared;
        prepared.Dispose();
        throw new ArgumentException(
            $"{_data.Name}: its classes, {VisibleText.List([.. classes])}, are none of {_model.Name}'s, {VisibleText.List([.. known])}.");
    }

    private static int Run(MLContext mlContext, Prepared run, ParseResult parsed, CancellationToken cancellation)
    {
        var images = MarkedPart.Of(run.Data);
        // A detector says nothing of a photo that cannot be used, which would count as objects missed.
        if (_scoring.SkipsBadImages(parsed))
            images = images.WithoutBad(
                mlContext, _scoring.MaxImagePixels(parsed), fault => Console.Error.WriteLine($"skipped: {fault}"), cancellation);
        var report = mlContext.MulticlassClassification.EvaluateDetections(
            run.Detector.Transform(images.Rows),
            new DetectionEvaluationOptions
            {
                LeastScore = parsed.GetValue(_threshold),
                Progress = new ProgressLines(),
                CancellationToken = cancellation,
            });
        Console.WriteLine(report.Summary);
        var folder = Path.GetFullPath(parsed.GetRequiredValue(_output));
        report.SaveJson(Path.Combine(folder, "detection.json"));
        report.SaveCsv(Path.Combine(folder, "detection.csv"));
        var page = Path.Combine(folder, "detection.html");
        report.SaveHtml(page);
        Console.WriteLine($"page: {VisibleText.OfPath(page)}");
        return 0;
    }

    private sealed record Prepared(IDataView Data, ObjectDetectorTransformer Detector) : IDisposable
    {
        public void Dispose() => Detector.Dispose();
    }
}
