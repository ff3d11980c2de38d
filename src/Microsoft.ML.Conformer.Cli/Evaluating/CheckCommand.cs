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

    private static readonly Option<AnnotationFormat?> _format = new("--format")
    {
        Description = "How DATA is laid out: classes, coco, voc or yolo. By default what it looks like.",
        HelpName = "FORMAT",
    };

    private static readonly Option<DirectoryInfo> _images = new Option<DirectoryInfo>("--images")
    {
        Description = "The folder with the images that COCO's .json names. By default the .json's own.",
        HelpName = "FOLDER",
    }.AcceptExistingOnly();

    private static readonly Option<string?> _split = new("--split")
    {
        Description = "The split to check, such as train, of Pascal VOC or YOLO.",
        HelpName = "NAME",
    };

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
            _data, _model, _format, _images, _split, _output,
        };
        command.SetAction((parsed, cancellation) =>
        {
            var mlContext = new MLContext();
            return Work.RunAsync(
                () =>
                {
                    ThrowIfUnfit(parsed);
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
        var (data, folder) = (parsed.GetRequiredValue(_data).FullName, Path.GetFullPath(parsed.GetRequiredValue(_output)));
        var options = new ImageCheckOptions { Progress = new ProgressLines(), CancellationToken = cancellation };
        var format = FormatOf(parsed);
        if (format == AnnotationFormat.Classes)
        {
            var report = model is null
                ? mlContext.Data.CheckImageFolder(data, options)
                : mlContext.Data.CheckImageFolder(data, model, options);
            return Write(folder, report.Summary, report.SaveJson, report.SaveHtml, report.HasErrors);
        }
        var split = parsed.GetValue(_split);
        var objects = format switch
        {
            AnnotationFormat.Coco => mlContext.Data.CheckCoco(data, parsed.GetValue(_images)?.FullName, options: options),
            AnnotationFormat.Voc => mlContext.Data.CheckPascalVoc(data, split, options: options),
            _ => mlContext.Data.CheckYolo(data, split, options: options),
        };
        return Write(folder, objects.Summary, objects.SaveJson, objects.SaveHtml, objects.HasErrors);
    }

    private static AnnotationFormat FormatOf(ParseResult parsed) =>
        parsed.GetValue(_format) ?? AnnotationFormats.Of(parsed.GetRequiredValue(_data), parsed.GetValue(_split));

    /// <exception cref="ArgumentException">An option is given that says nothing of such data.</exception>
    private static void ThrowIfUnfit(ParseResult parsed)
    {
        var format = FormatOf(parsed);
        var name = format.ToString().ToLowerInvariant();
        if (parsed.GetValue(_model) is not null && format != AnnotationFormat.Classes)
            throw new ArgumentException($"--model tells mislabeled photos of classes, and DATA is of the format {name}.");
        if (parsed.GetValue(_images) is not null && format != AnnotationFormat.Coco)
            throw new ArgumentException($"--images is for COCO's .json, and DATA is of the format {name}.");
        if (parsed.GetValue(_split) is not null && (format is AnnotationFormat.Classes or AnnotationFormat.Coco))
            throw new ArgumentException($"--split is for Pascal VOC and YOLO, and DATA is of the format {name}.");
        if (format is AnnotationFormat.Voc or AnnotationFormat.Yolo && parsed.GetRequiredValue(_data) is FileInfo)
            throw new ArgumentException($"--format is {name}, for which DATA must be a folder.");
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
