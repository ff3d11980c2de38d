using System.CommandLine;

namespace Conformer.Cli.Evaluating;

/// <summary>`conformer check DATA`: what spoils training.</summary>
internal static class CheckCommand
{
    private static readonly Argument<FileSystemInfo> _data = new Argument<FileSystemInfo>("DATA")
    {
        Description = "Folder with class folders, or with train/ and val/ that hold those; or a .csv or .jsonl manifest. With objects " +
            "marked in the photos: COCO's .json, a folder as of Pascal VOC, or one as of YOLO tools.",
    }.Existing();

    private static readonly Option<string?> _model = new("--model")
    {
        Description = "A trained model that says which images are likely mislabeled. Training images, whose labels it has learned, are " +
            "left aside where the data has other parts.",
        HelpName = "FILE",
    };

    private static readonly AnnotationArguments _annotations =
        new("The split to check, such as train, of Pascal VOC or YOLO.", takesClasses: true);

    private static readonly Option<string> _output = new("--output")
    {
        Description = "Folder for check.html and check.json.",
        HelpName = "FOLDER",
        DefaultValueFactory = _ => "conformer-check",
    };

    public static Command Create()
    {
        var command = new Command(
            "check", "Looks for what spoils training: unusable files, duplicates, tiny images, small classes; with a model wrong labels.")
        {
            _data, _model,
        };
        foreach (var option in (IEnumerable<Option>)[.. _annotations.All, _output])
            command.Options.Add(option);
        command.SetAction((parsed, cancellation) =>
        {
            var mlContext = new MLContext();
            return Work.RunAsync(
                () =>
                {
                    var source = _annotations.Read(parsed, parsed.GetRequiredValue(_data));
                    if (parsed.GetValue(_model) is not null && source.Format != AnnotationFormat.Classes)
                        throw new ArgumentException(
                            $"{_model.Name} tells mislabeled photos of classes, and DATA is of the format " +
                            $"{ArgumentChecks.WordOf(source.Format)}.");
                    ResultFiles.Prepare(parsed.GetRequiredValue(_output), "--output");
                    return parsed.GetValue(_model) is not { } model ? null
                        : ModelArguments.Open(mlContext, _model.Name, model, new ScoringOptions(), cancellation);
                },
                model => Check(mlContext, model, parsed, cancellation));
        });
        return command;
    }

    private static int Check(MLContext mlContext, ImageClassifierTransformer? model, ParseResult parsed, CancellationToken cancellation)
    {
        var source = _annotations.Read(parsed, parsed.GetRequiredValue(_data));
        var folder = Path.GetFullPath(parsed.GetRequiredValue(_output));
        var options = new ImageCheckOptions { Progress = new ProgressLines(), CancellationToken = cancellation };
        if (source.Format == AnnotationFormat.Classes)
        {
            var report = model is null
                ? mlContext.Data.CheckImageFolder(source.Path, options)
                : mlContext.Data.CheckImageFolder(source.Path, model, options);
            return Write(folder, report.Summary, report.SaveJson, report.SaveHtml, report.HasErrors);
        }
        var objects = source.Check(mlContext, options);
        return Write(folder, objects.Summary, objects.SaveJson, objects.SaveHtml, objects.HasErrors);
    }

    private static int Write(string folder, string summary, Action<string> saveJson, Action<string> saveHtml, bool hasErrors)
    {
        Console.WriteLine(summary);
        saveJson(Path.Combine(folder, "check.json"));
        var page = Path.Combine(folder, "check.html");
        saveHtml(page);
        Console.WriteLine($"page: {VisibleText.OfPath(page)}");
        return hasErrors ? ExitCode.Failed : 0;
    }
}
