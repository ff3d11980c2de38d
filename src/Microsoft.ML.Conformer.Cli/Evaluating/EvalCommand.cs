using System.CommandLine;

namespace Conformer.Cli.Evaluating;

/// <summary>`conformer eval MODEL DATA`: how good a model is.</summary>
internal static class EvalCommand
{
    private static readonly Argument<FileSystemInfo> _data = new Argument<FileSystemInfo>("DATA")
    {
        Description = "Folder with class folders, or with train/, val/ and test/ that hold those; or a .csv or .jsonl manifest.",
    }.Existing();

    private static readonly Option<ImagePartChoice> _part = new Option<ImagePartChoice>("--part")
    {
        Description = "Images to take: training, validation, test, all, or auto: test, else validation; of class folders alone all.",
        HelpName = "PART",
        DefaultValueFactory = _ => ImagePartChoice.Auto,
    }.OneOf();

    private static readonly Option<string?> _noneLabel =
        new("--none-label") { Description = "Class folder or label of images of none of the model's classes.", HelpName = "NAME" };

    private static readonly Option<string?> _compare =
        new("--compare") { Description = "Another model, to be compared on the same images (McNemar's test).", HelpName = "FILE" };

    private static readonly Option<bool> _robustness =
        new("--robustness") { Description = "Score images distorted and at other sizes, too: some thirty times the work." };

    private static readonly Option<string?> _boxes = new("--boxes")
    {
        Description = "Where the objects are, to see how well maps find them: a .csv file with path, left, top, width and height, or the " +
            "folder of CUB-200-2011.",
        HelpName = "PATH",
    };

    private static readonly Option<bool> _calibrate = new("--calibrate")
    {
        Description = $"Save the model as {EvalRun.Calibrated}, its probabilities fitted to these images (temperature scaling); best to " +
            "validation images.",
    };

    private static readonly Option<string> _output = new("--output")
    {
        Description = "Folder for the page and the JSON files.",
        HelpName = "FOLDER",
        DefaultValueFactory = _ => "conformer-eval",
    };

    public static Command Create()
    {
        var command = new Command(
            "eval", "Says how good a model is: accuracy of each branch with intervals, calibration, confusions, likely wrong labels.");
        var model = new ModelArguments(command, scores: true);
        command.Arguments.Add(_data);
        foreach (var option in (Option[])[_part, _noneLabel, _compare, _robustness, _boxes, _calibrate, _output])
            command.Options.Add(option);
        command.SetAction((parsed, cancellation) => Work.RunAsync(() => Prepare(model, parsed, cancellation), run => run.Run()));
        return command;
    }

    private static EvalRun Prepare(ModelArguments model, ParseResult parsed, CancellationToken cancellation)
    {
        if (parsed.GetValue(_calibrate) && model.TakesMeans(parsed))
            throw new ArgumentException(
                "--calibrate fits probabilities to one view of each image, as files give them; leave --flip and --five-crop out.");
        ResultFiles.Prepare(parsed.GetRequiredValue(_output), "--output");
        var mlContext = new MLContext();
        var run = new EvalRun(mlContext, Path.GetFullPath(parsed.GetRequiredValue(_output)), cancellation)
        {
            Images = Work.Open(_data.Name, () => EvaluatedImages.Load(parsed.GetRequiredValue(_data).FullName, parsed.GetValue(_part))),
            Boxes = parsed.GetValue(_boxes) is not { } path ? null : Work.Open(
                _boxes.Name, () => Directory.Exists(path) ? ImageBoxes.ReadCub(path) : ImageBoxes.ReadCsv(path)),
            NoneLabel = parsed.GetValue(_noneLabel),
            Calibrates = parsed.GetValue(_calibrate),
            Distorts = parsed.GetValue(_robustness),
            Model = model.Open(mlContext, parsed, cancellation),
        };
        try
        {
            if (parsed.GetValue(_compare) is { } other)
                run.Other = (VisibleText.OfPath(other), model.Open(mlContext, parsed, _compare.Name, other, cancellation));
            run.Check();
            return run;
        }
        catch
        {
            run.Dispose();
            throw;
        }
    }
}
