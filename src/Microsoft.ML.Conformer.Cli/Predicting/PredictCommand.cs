using System.CommandLine;
using Microsoft.ML.Data;

namespace Conformer.Cli.Predicting;

/// <summary>`conformer predict MODEL IMAGES...`: what is in images.</summary>
internal static class PredictCommand
{
    private static readonly Argument<string[]> _images = PhotoFiles.NewArgument();

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
                    files = PhotoFiles.Find(_images, parsed);
                    // An image that cannot be used does not spoil the others.
                    return model.Open(mlContext, parsed, cancellation, BadImagePolicy.Skip);
                },
                opened => Predict(mlContext, opened, files, model, parsed, cancellation));
        });
        return command;
    }

    private static int Predict(
        MLContext mlContext, ImageClassifierTransformer model, IReadOnlyList<string> files, ModelArguments arguments, ParseResult parsed,
        CancellationToken cancellation)
    {
        var rows = mlContext.Data.LoadFromEnumerable(files.Select(path => new ImageFile { ImagePath = path }));
        var code = 0;
        using IPredictionWriter<ClassifiedPhoto> writer = parsed.GetValue(_json)
            ? new PredictionJson<ClassifiedPhoto>(Console.OpenStandardOutput(), ClassifiedPhoto.Write)
            : new PredictionLines(parsed.GetValue(_top) == 1);
        foreach (var (path, scores) in files.Zip(model.Transform(rows).GetColumn<float[]>("Score")))
        {
            cancellation.ThrowIfCancellationRequested();
            if (Array.Exists(scores, float.IsNaN))
            {
                writer.Add(path, CommandWords.Of(PhotoFault.Of(path, arguments.MaxImagePixels(parsed)) ?? "it has no finite scores"));
                code = arguments.SkipsBadImages(parsed) ? code : ExitCode.Failed;
                continue;
            }
            var best = model.ClassNames.Zip(scores, (name, score) => new ClassProbability(name, score))
                .OrderByDescending(one => one.Probability).Take(parsed.GetValue(_top)).ToList();
            writer.Add(path, new ClassifiedPhoto(best, IsNone: best[0].Probability < parsed.GetValue(_threshold)));
        }
        return code;
    }
}
