using System.CommandLine;
using System.Text.Json;

namespace Conformer.Cli.Evaluating;

/// <summary>`conformer explain MODEL IMAGES...`: where a model looks.</summary>
internal static class ExplainCommand
{
    private const int ClassColumns = 15;

    private static readonly Argument<FileInfo[]> _images = new Argument<FileInfo[]>("IMAGES")
    {
        Description = "Image files.",
        Arity = ArgumentArity.OneOrMore,
    }.Existing();

    private static readonly Option<string?> _class = new("--class")
    {
        Description = "Class whose maps are shown. Default: the most probable one of each image.",
        HelpName = "NAME",
    };

    private static readonly Option<bool> _stages =
        new("--stages") { Description = "Show the maps of both branches stage by stage, too." };

    private static readonly Option<bool> _overlays =
        new("--overlays") { Description = "Save each map over each image as a PNG file of its own, too." };

    private static readonly Option<int> _size = new Option<int>("--size")
    {
        Description = "Side of the pictures in pixels.",
        DefaultValueFactory = _ => 224,
    }.Between(32, 2048);

    private static readonly Option<string> _output = new("--output")
    {
        Description = "Folder for sheet.png and explanations.json.",
        HelpName = "FOLDER",
        DefaultValueFactory = _ => "conformer-explain",
    };

    public static Command Create()
    {
        var command = new Command("explain", "Shows where a model looks in images: a sheet with the maps of each image.");
        var model = new ModelArguments(command, scores: false);
        command.Arguments.Add(_images);
        foreach (var option in (Option[])[_class, _stages, _overlays, _size, _output])
            command.Options.Add(option);
        command.SetAction((parsed, cancellation) => Work.RunAsync(
            () =>
            {
                ResultFiles.Prepare(parsed.GetRequiredValue(_output), "--output");
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
            explainer => Explain(explainer, model.SkipsBadImages(parsed), parsed, cancellation)));
        return command;
    }

    /// <summary>An image that cannot be used does not spoil the others. Pictures are kept for one sheet only.</summary>
    private static int Explain(ImageExplainer explainer, bool skipsBadImages, ParseResult parsed, CancellationToken cancellation)
    {
        var (files, most) = (new ExplanationFiles(parsed), ExplanationSheet.MostImages(parsed.GetValue(_size)));
        var (ofSheet, code) = (new List<ImageExplanation>(), 0);
        foreach (var image in parsed.GetRequiredValue(_images))
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                var explanation = explainer.Explain(image.FullName);
                ofSheet.Add(parsed.GetValue(_class) is { } name ? explanation.For(name) : explanation);
                Console.WriteLine(Lines(ofSheet[^1]));
            }
            catch (Exception exception) when (exception is InvalidDataException or IOException or UnauthorizedAccessException)
            {
                Work.Tell(skipsBadImages ? "skipped" : "error", exception);
                code = skipsBadImages ? code : ExitCode.Failed;
            }
            if (ofSheet.Count < most)
                continue;
            files.Save(ofSheet);
            ofSheet.Clear();
        }
        if (ofSheet.Count > 0)
            files.Save(ofSheet);
        return files.Complete() ? code : ExitCode.Failed;
    }

    /// <summary>The files that explanations become.</summary>
    private sealed class ExplanationFiles(ParseResult parsed)
    {
        private readonly string _folder = Path.GetFullPath(parsed.GetRequiredValue(_output));
        private readonly List<JsonElement> _all = [];
        private int _sheets;

        public void Save(List<ImageExplanation> explanations)
        {
            var sheet = Path.Combine(_folder, ++_sheets == 1 ? "sheet.png" : $"sheet-{_sheets}.png");
            ExplanationSheet.Save(sheet, explanations, parsed.GetValue(_stages));
            Console.WriteLine($"sheet: {VisibleText.OfPath(sheet)}");
            foreach (var explanation in explanations)
            {
                _all.Add(JsonSerializer.SerializeToElement(explanation, ReportJson.Options));
                if (parsed.GetValue(_overlays))
                    SaveOverlays(explanation, _all.Count);
            }
        }

        /// <summary>Writes what they have in common; gives whether there are any.</summary>
        public bool Complete()
        {
            if (_all.Count > 0)
                AtomicFile.Write(
                    Path.Combine(_folder, "explanations.json"), stream => JsonSerializer.Serialize(stream, _all, ReportJson.Options));
            return _all.Count > 0;
        }

        private void SaveOverlays(ImageExplanation explanation, int number)
        {
            var name = ResultFiles.NumberedName(number, explanation.Path!);
            foreach (var map in explanation.Maps)
                explanation.SaveOverlay(Path.Combine(_folder, $"{name}-{map.Name}.png"), map.Kind);
        }
    }

    private static string Lines(ImageExplanation explanation)
    {
        var branches = explanation.Branches.Select(branch =>
            $"{branch.Branch} {Line(branch.Prediction.Class, branch.Prediction.Probability)}");
        return VisibleText.CutToColumns(Path.GetFileName(explanation.Path!), TextTable.MostColumns) + Environment.NewLine +
            $"  {Line(explanation.Class, explanation.Probability)} ({string.Join(", ", branches)})";

        static string Line(string name, float probability) =>
            FormattableString.Invariant($"{VisibleText.CutToColumns(name, ClassColumns)} {probability:0.000}");
    }
}
