using System.CommandLine;
using System.Text.Json;

namespace Conformer.Cli;

/// <summary>`conformer explain MODEL IMAGES...`: where a model looks.</summary>
internal static class ExplainCommand
{
    private static readonly Argument<FileInfo[]> _images = new Argument<FileInfo[]>("IMAGES")
    {
        Description = "Image files.",
        Arity = ArgumentArity.OneOrMore,
    }.AcceptExistingOnly();

    private static readonly Option<string?> _class =
        new("--class") { Description = "Class whose maps are shown. Default: for each image the most probable one." };

    private static readonly Option<bool> _stages =
        new("--stages") { Description = "Show the maps of both branches stage by stage, too." };

    private static readonly Option<bool> _overlays =
        new("--overlays") { Description = "Save each map over each image as a PNG file of its own, too." };

    private static readonly Option<int> _size = new("--size")
    {
        Description = "Side of the pictures in pixels, 32-2048.",
        DefaultValueFactory = _ => 224,
    };

    private static readonly Option<string> _output = new("--output")
    {
        Description = "Folder for sheet.png and explanations.json.",
        DefaultValueFactory = _ => "conformer-explain",
    };

    public static Command Create()
    {
        var command = new Command("explain", "Shows where a model looks in images: a sheet with the maps of each image.");
        var model = new ModelArguments(command);
        command.Arguments.Add(_images);
        foreach (var option in (Option[])[_class, _stages, _overlays, _size, _output])
            command.Options.Add(option);
        command.SetAction((parsed, cancellation) => Work.RunAsync(
            () =>
            {
                OutputFolder.EnsureWritable(parsed.GetRequiredValue(_output), "--output", "Name another one.");
                using var classifier = model.Open(new MLContext(), parsed, cancellation);
                if (parsed.GetValue(_class) is { } name && !classifier.ClassNames.Contains(name))
                    throw new ArgumentException(
                        $"The model has no class '{VisibleText.Of(name)}' (--class); its classes are " +
                        $"{VisibleText.List([.. classifier.ClassNames])}.");
                return classifier.CreateExplainer(new ExplanationOptions
                {
                    IncludeStages = parsed.GetValue(_stages),
                    PictureSize = parsed.GetValue(_size),
                });
            },
            explainer => Explain(explainer, parsed, cancellation)));
        return command;
    }

    private static int Explain(ImageExplainer explainer, ParseResult parsed, CancellationToken cancellation)
    {
        var folder = parsed.GetRequiredValue(_output);
        var explanations = new List<ImageExplanation>();
        foreach (var image in parsed.GetRequiredValue(_images))
        {
            cancellation.ThrowIfCancellationRequested();
            var explanation = explainer.Explain(image.FullName);
            if (parsed.GetValue(_class) is { } name)
                explanation = explanation.For(name);
            explanations.Add(explanation);
            Console.WriteLine(Line(explanation));
        }
        foreach (var (index, part) in explanations.Chunk(ExplanationSheet.MaxImages).Index())
        {
            var sheet = Path.GetFullPath(Path.Combine(folder, index == 0 ? "sheet.png" : $"sheet-{index + 1}.png"));
            ExplanationSheet.Save(sheet, part, parsed.GetValue(_stages));
            Console.WriteLine($"sheet: {VisibleText.OfPath(sheet)}");
        }
        if (parsed.GetValue(_overlays))
            foreach (var (index, explanation) in explanations.Index())
                foreach (var map in explanation.Maps)
                    explanation.SaveOverlay(
                        Path.Combine(folder, $"{index + 1:000}-{Path.GetFileNameWithoutExtension(explanation.Path)}-{map.Name}.png"), map.Kind);
        AtomicFile.Write(
            Path.Combine(folder, "explanations.json"), stream => JsonSerializer.Serialize(stream, explanations, ReportJson.Options));
        return 0;
    }

    private static string Line(ImageExplanation explanation)
    {
        const int nameLength = 24;
        var branches = explanation.Branches.Select(branch => FormattableString.Invariant(
            $"{branch.Branch} {VisibleText.Cut(branch.Prediction.Class, nameLength)} {branch.Prediction.Probability:0.000}"));
        return FormattableString.Invariant(
            $"{VisibleText.Cut(explanation.Class, nameLength)} {explanation.Probability:0.000} ({string.Join(", ", branches)})  ") +
            VisibleText.Of(Path.GetFileName(explanation.Path!));
    }
}
