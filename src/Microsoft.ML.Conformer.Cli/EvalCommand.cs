using System.CommandLine;

namespace Conformer.Cli;

/// <summary>`conformer eval MODEL DATA`: how good a model is.</summary>
internal sealed class EvalCommand
{
    private const string Calibrated = "calibrated.onnx";

    private static readonly Argument<FileSystemInfo> _data = new Argument<FileSystemInfo>("DATA")
    {
        Description = "Folder with class folders, or with train/, val/ and test/ that hold those; or a .csv or .jsonl manifest.",
    }.AcceptExistingOnly();

    private static readonly Option<ImagePartChoice> _part = new("--part")
    {
        Description = "Which images. Auto takes the test images, without those the validation images, and of class folders alone all.",
        DefaultValueFactory = _ => ImagePartChoice.Auto,
    };

    private static readonly Option<string?> _noneLabel =
        new("--none-label") { Description = "Class folder or label of images that are of none of the model's classes." };

    private static readonly Option<string?> _compare =
        new("--compare") { Description = "Another model, that is scored on the same images and compared (McNemar's test)." };

    private static readonly Option<bool> _robustness =
        new("--robustness") { Description = "Score the images distorted and at other sizes, too; some thirty times the work." };

    private static readonly Option<string?> _boxes = new("--boxes")
    {
        Description = "Where the objects are, to see how well the maps find them: a .csv file with path, left, top, width and height, or " +
            "the folder of CUB-200-2011.",
    };

    private static readonly Option<bool> _calibrate = new("--calibrate")
    {
        Description = $"Save the model as {Calibrated}, its probabilities fitted to these images (temperature scaling). Take validation " +
            "images, and look at test images with that file.",
    };

    private static readonly Option<string> _output = new("--output")
    {
        Description = "Folder for the page and the JSON files.",
        DefaultValueFactory = _ => "conformer-eval",
    };

    private readonly MLContext _mlContext = new();
    private readonly ModelArguments _arguments;
    private readonly ParseResult _parsed;
    private readonly CancellationToken _cancellation;
    private IDataView? _images;

    private EvalCommand(ModelArguments arguments, ParseResult parsed, CancellationToken cancellation) =>
        (_arguments, _parsed, _cancellation) = (arguments, parsed, cancellation);

    public static Command Create()
    {
        var command = new Command(
            "eval", "Says how good a model is: accuracy of each branch with confidence intervals, calibration, confusions, likely wrong labels.");
        var arguments = new ModelArguments(command);
        command.Arguments.Add(_data);
        foreach (var option in (Option[])[_part, _noneLabel, _compare, _robustness, _boxes, _calibrate, _output])
            command.Options.Add(option);
        command.SetAction((parsed, cancellation) => new EvalCommand(arguments, parsed, cancellation).RunAsync());
        return command;
    }

    private string Folder => Path.GetFullPath(_parsed.GetRequiredValue(_output));

    private Task<int> RunAsync() => Work.RunAsync(
        () =>
        {
            OutputFolder.EnsureWritable(Folder, "--output", "Name another one.");
            _images = EvaluatedImages.Load(_mlContext, _parsed.GetRequiredValue(_data).FullName, _parsed.GetValue(_part));
            return _arguments.Open(_mlContext, _parsed, _cancellation);
        },
        Evaluate);

    private int Evaluate(ImageClassifierTransformer model)
    {
        var data = _images!;
        var boxes = _parsed.GetValue(_boxes) is not { } path ? null
            : Directory.Exists(path) ? ImageBoxes.ReadCub(path) : ImageBoxes.ReadCsv(path);

        var evaluation = EvaluateImages(model, data);
        Console.WriteLine(evaluation.Summary);
        evaluation.SaveJson(Path.Combine(Folder, "evaluation.json"));
        using (var explainer = Explainer(model))
            SavePage("evaluation.html", page => evaluation.SaveHtml(page, explainer));
        if (_parsed.GetValue(_compare) is { } other)
            Compare(evaluation, other, data);
        if (_parsed.GetValue(_calibrate))
            Calibrate(model, evaluation.Temperature);
        if (boxes is not null)
            Locate(model, data, boxes);
        if (_parsed.GetValue(_robustness))
            Distort(model, data);
        return 0;
    }

    private ImageEvaluation EvaluateImages(ImageClassifierTransformer model, IDataView data) =>
        _mlContext.MulticlassClassification.EvaluateImages(model, data, new ImageEvaluationOptions
        {
            NoneLabel = _parsed.GetValue(_noneLabel),
            Progress = new ProgressLines(),
            CancellationToken = _cancellation,
        });

    /// <summary>A model in 16 or 8 bits tells nothing of where it looks; its page does without.</summary>
    private static ImageExplainer? Explainer(ImageClassifierTransformer model)
    {
        try
        {
            return model.CreateExplainer(new ExplanationOptions { IncludeStages = false });
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private void Compare(ImageEvaluation evaluation, string path, IDataView data)
    {
        using var other = _arguments.Open(_mlContext, _parsed, path, _cancellation);
        var test = evaluation.CompareWith(EvaluateImages(other, data));
        Console.WriteLine(FormattableString.Invariant($"compared with {VisibleText.OfPath(path)}: both right {test.BothRight:n0}, ") +
            FormattableString.Invariant($"only this {test.OnlyFirstRight:n0}, only that {test.OnlySecondRight:n0}, ") +
            FormattableString.Invariant($"both wrong {test.BothWrong:n0}; p = {test.PValue:0.0000} (McNemar)"));
    }

    private void Calibrate(ImageClassifierTransformer model, TemperatureFit fit)
    {
        if (fit.Temperature is not { } temperature)
        {
            Console.WriteLine($"{Calibrated} is not saved: no temperature fits these images");
            return;
        }
        var file = Path.Combine(Folder, Calibrated);
        model.SaveAsOnnx(file, new OnnxExportOptions { Temperature = temperature, CancellationToken = _cancellation });
        Console.WriteLine($"calibrated: {VisibleText.OfPath(file)}");
    }

    private void Locate(
        ImageClassifierTransformer model, IDataView data, IReadOnlyDictionary<string, IReadOnlyList<ImageBox>> boxes)
    {
        var localization = _mlContext.MulticlassClassification.EvaluateImageLocalization(
            model, data, boxes, new LocalizationOptions { Progress = new ProgressLines(), CancellationToken = _cancellation });
        Console.WriteLine(localization.Summary);
        localization.SaveJson(Path.Combine(Folder, "localization.json"));
    }

    private void Distort(ImageClassifierTransformer model, IDataView data)
    {
        var robustness = _mlContext.MulticlassClassification.EvaluateImageRobustness(
            model, data, new RobustnessOptions { Progress = new ProgressLines(), CancellationToken = _cancellation });
        Console.WriteLine(robustness.Summary);
        robustness.SaveJson(Path.Combine(Folder, "robustness.json"));
        SavePage("robustness.html", robustness.SaveHtml);
    }

    private void SavePage(string name, Action<string> save)
    {
        var page = Path.Combine(Folder, name);
        save(page);
        Console.WriteLine($"page: {VisibleText.OfPath(page)}");
    }
}
