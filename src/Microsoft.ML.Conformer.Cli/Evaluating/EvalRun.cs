namespace Conformer.Cli.Evaluating;

/// <summary>The work of `conformer eval`; each file is there as soon as it can be.</summary>
internal sealed class EvalRun(MLContext mlContext, string folder, CancellationToken cancellation) : IDisposable
{
    public const string Calibrated = "calibrated.onnx";

    private ImageExplainer? _explainer;

    public required ImageClassifierTransformer Model { get; init; }

    public required IReadOnlyList<ImageFile> Images { get; init; }

    /// <summary>The label of images of none of the classes.</summary>
    public string? NoneLabel { get; init; }

    public IReadOnlyDictionary<string, IReadOnlyList<ImageBox>>? Boxes { get; init; }

    public bool Calibrates { get; init; }

    public bool Distorts { get; init; }

    /// <summary>The model to compare with.</summary>
    public (string Name, ImageClassifierTransformer Model)? Other { get; set; }

    private IDataView Data => mlContext.Data.LoadFromEnumerable(Images);

    /// <summary>Finds what would end the work halfway.</summary>
    /// <exception cref="ArgumentException">The models to compare are of other classes.</exception>
    /// <exception cref="InvalidOperationException">The model does not tell what was asked for.</exception>
    public void Check()
    {
        if (Other is { } other && !other.Model.ClassNames.Order().SequenceEqual(Model.ClassNames.Order()))
            throw new ArgumentException(
                $"--compare: '{other.Name}' has the classes {VisibleText.List(other.Model.ClassNames)}, and MODEL " +
                $"{VisibleText.List(Model.ClassNames)}. Compare models of the same classes.");
        if (NoneLabel is { } name && Model.ClassNames.Contains(name))
            throw new ArgumentException($"--none-label is '{VisibleText.Of(name)}', which is a class of the model.");
        if (NoneLabel is { } none && Images.All(image => image.Label != none))
            throw new ArgumentException($"--none-label is '{VisibleText.Of(none)}', which no image has.");
        if (Boxes is not null && !Images.Any(image => Boxes.ContainsKey(image.ImagePath)))
            throw new ArgumentException(
                $"--boxes has no box of any image of DATA, such as '{VisibleText.OfPath(Images[0].ImagePath)}'; its boxes are of " +
                $"{VisibleText.List([.. Boxes.Keys])}.");
        try
        {
            _explainer = Model.CreateExplainer(new ExplanationOptions { IncludeStages = false });
        }
        catch (InvalidOperationException exception)
        {
            // A model in 16 or 8 bits tells nothing of where it looks; its page does without.
            if (Boxes is not null || Calibrates)
                throw new InvalidOperationException($"{(Calibrates ? "--calibrate" : "--boxes")}: {exception.Message}", exception);
        }
    }

    public int Run()
    {
        var evaluation = Evaluate(Model);
        evaluation.SaveJson(Path.Combine(folder, "evaluation.json"));
        Console.WriteLine(evaluation.Summary);
        SavePage("evaluation.html", page => evaluation.SaveHtml(page, _explainer));
        if (Other is { } other)
            Tell(other.Name, evaluation.CompareWith(Evaluate(other.Model)));
        if (Calibrates)
            Calibrate(evaluation.Calibration);
        if (Boxes is not null)
            Locate(Boxes);
        if (Distorts)
            Distort();
        return 0;
    }

    public void Dispose()
    {
        _explainer?.Dispose();
        Model.Dispose();
        Other?.Model.Dispose();
    }

    private ImageEvaluation Evaluate(ImageClassifierTransformer model) => mlContext.MulticlassClassification.EvaluateImages(
        model, Data, new ImageEvaluationOptions
        {
            NoneLabel = NoneLabel,
            Progress = new ProgressLines(),
            CancellationToken = cancellation,
        });

    private static void Tell(string other, McNemarTest test)
    {
        Console.WriteLine($"compared with {other}:");
        Console.WriteLine(FormattableString.Invariant($"  both are right on {test.BothRight:n0} images, MODEL alone on ") +
            FormattableString.Invariant($"{test.OnlyFirstRight:n0}, that one alone on {test.OnlySecondRight:n0},"));
        Console.WriteLine(FormattableString.Invariant($"  neither on {test.BothWrong:n0}; p = {test.PValue:0.000} (McNemar's exact test)"));
    }

    private void Calibrate(TemperatureFit fit)
    {
        if (fit.Temperature is not { } temperature)
        {
            Console.WriteLine($"{Calibrated} is not saved: no temperature fits these images");
            return;
        }
        var file = Path.Combine(folder, Calibrated);
        Model.SaveAsOnnx(file, new OnnxExportOptions { Temperature = temperature, CancellationToken = cancellation });
        Console.WriteLine($"calibrated: {VisibleText.OfPath(file)}");
    }

    private void Locate(IReadOnlyDictionary<string, IReadOnlyList<ImageBox>> boxes)
    {
        var localization = mlContext.MulticlassClassification.EvaluateImageLocalization(
            Model, Data, boxes,
            new LocalizationOptions { NoneLabel = NoneLabel, Progress = new ProgressLines(), CancellationToken = cancellation });
        localization.SaveJson(Path.Combine(folder, "localization.json"));
        Console.WriteLine(localization.Summary);
    }

    private void Distort()
    {
        var robustness = mlContext.MulticlassClassification.EvaluateImageRobustness(
            Model, Data,
            new RobustnessOptions { NoneLabel = NoneLabel, Progress = new ProgressLines(), CancellationToken = cancellation });
        robustness.SaveJson(Path.Combine(folder, "robustness.json"));
        Console.WriteLine(robustness.Summary);
        SavePage("robustness.html", robustness.SaveHtml);
    }

    private void SavePage(string name, Action<string> save)
    {
        var page = Path.Combine(folder, name);
        save(page);
        Console.WriteLine($"page: {VisibleText.OfPath(page)}");
    }
}
