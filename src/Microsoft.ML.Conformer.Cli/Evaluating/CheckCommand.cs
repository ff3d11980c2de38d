using System.CommandLine;

namespace Conformer.Cli.Evaluating;

/// <summary>`conformer check DATA`: what spoils training.</summary>
internal static class CheckCommand
{
    private static readonly Argument<FileSystemInfo> _data = new Argument<FileSystemInfo>("DATA")
    {
        Description = "Folder with class folders, or with train/ and val/ that hold those; or a .csv or .jsonl manifest.",
    }.Existing();

    private static readonly Option<string?> _model = new("--model")
    {
        Description = "A trained model that says which images are likely mislabeled. Training images, whose labels it has learned, are " +
            "left aside where the data has other parts.",
        HelpName = "FILE",
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
            _data, _model, _output,
        };
        command.SetAction((parsed, cancellation) =>
        {
            var mlContext = new MLContext();
            return Work.RunAsync(
                () =>
                {
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
        var report = model is null
            ? mlContext.Data.CheckImageFolder(data, options)
            : mlContext.Data.CheckImageFolder(data, model, options);
        Console.WriteLine(report.Summary);
        report.SaveJson(Path.Combine(folder, "check.json"));
        var page = Path.Combine(folder, "check.html");
        report.SaveHtml(page);
        Console.WriteLine($"page: {VisibleText.OfPath(page)}");
        return report.HasErrors ? ExitCode.Failed : 0;
    }
}
