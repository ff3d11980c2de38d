using System.CommandLine;
using Microsoft.ML.Data;

namespace Conformer.Cli.Predicting;

/// <summary>`conformer predict MODEL IMAGES...`: what is in images.</summary>
internal static class PredictCommand
{
    private static readonly Argument<string[]> _images = new("IMAGES")
    {
        Description = "Image files, and folders of them.",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<int> _top = new Option<int>("--top")
    {
        Description = "Classes that are told of each image, the most probable first.",
        DefaultValueFactory = _ => 5,
    }.Between(1, 1_000_000);

    private static readonly Option<double?> _threshold = new Option<double?>("--threshold")
    {
        Description = "An image whose most probable class is less probable than this is 'none of these'.",
    }.Between(0, 1);

    private static readonly Option<bool> _json =
        new("--json") { Description = "Write {\"images\": [{\"file\", \"predictions\": [{\"class\", \"probability\"}]}]}." };

    public static Command Create()
    {
        var command = new Command("predict", "Says what is in images: the most probable classes and their probabilities.");
        var model = new ModelArguments(command, scores: true);
        command.Arguments.Add(_images);
        foreach (var option in (Option[])[_top, _threshold, _json])
            command.Options.Add(option);
        var mlContext = new MLContext();
        command.SetAction((parsed, cancellation) =>
        {
            IReadOnlyList<string> files = [];
            return Work.RunAsync(
                () =>
                {
                    files = Files(parsed);
                    // An image that cannot be used does not spoil the others.
                    return model.Open(mlContext, parsed, cancellation, BadImagePolicy.Skip);
                },
                opened => Predict(mlContext, opened, files, model, parsed, cancellation));
        });
        return command;
    }

    private static List<string> Files(ParseResult parsed)
    {
        var files = new List<string>();
        foreach (var path in parsed.GetRequiredValue(_images))
            if (Directory.Exists(path))
            {
                var found = new FolderTree(Path.GetFullPath(path)).AllImages.ToList();
                files.AddRange(found.Count > 0 ? found : throw new ArgumentException(
                    $"{_images.Name}: there is no image in the folder '{VisibleText.OfPath(path)}'. Files are taken for images whose names " +
                    $"end in {ImageFileNames.Extensions}."));
            }
            else
                files.Add(File.Exists(path) ? path : throw new ArgumentException(
                    $"{_images.Name}: there is no file or folder '{VisibleText.OfPath(path)}'."));
        return files;
    }

    private static int Predict(
        MLContext mlContext, ImageClassifierTransformer model, IReadOnlyList<string> files, ModelArguments arguments, ParseResult parsed,
        CancellationToken cancellation)
    {
        var rows = mlContext.Data.LoadFromEnumerable(files.Select(path => new ImageFile { ImagePath = path }));
        var code = 0;
        using IPredictionWriter writer = parsed.GetValue(_json)
            ? new PredictionJson(Console.OpenStandardOutput())
            : new PredictionLines(parsed.GetValue(_top) == 1);
        foreach (var (path, scores) in files.Zip(model.Transform(rows).GetColumn<float[]>("Score")))
        {
            cancellation.ThrowIfCancellationRequested();
            if (Array.Exists(scores, float.IsNaN))
            {
                writer.Add(path, CommandWords.Of(FaultOf(path, arguments.MaxImagePixels(parsed))));
                code = arguments.SkipsBadImages(parsed) ? code : ExitCode.Failed;
                continue;
            }
            var best = model.ClassNames.Zip(scores, (name, score) => new ClassProbability(name, score))
                .OrderByDescending(one => one.Probability).Take(parsed.GetValue(_top)).ToList();
            writer.Add(path, best, isNone: best[0].Probability < parsed.GetValue(_threshold));
        }
        return code;
    }

    /// <summary>Why an image has no scores.</summary>
    private static string FaultOf(string path, long maxImagePixels)
    {
        try
        {
            using var image = ImageDecoder.Decode(EncodedImage.ReadFile(path), maxPixels: maxImagePixels);
            return "it has no finite scores";
        }
        catch (Exception exception) when (BadImage.CanCause(exception))
        {
            return VisibleText.Reason(exception);
        }
    }
}
