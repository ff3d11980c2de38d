using System.CommandLine;
using Microsoft.ML.Conformer.Columns;
using Microsoft.ML.Conformer.Hosting;
using Microsoft.ML.Conformer.Models;
using Microsoft.ML.Conformer.Models.Loading;

namespace Conformer.Cli;

/// <summary>Which model a command opens, and how it scores.</summary>
internal sealed class ModelArguments
{
    private static readonly ScoringColumns _columns =
        new(nameof(ImageFile.ImagePath), ScoringColumns.DefaultScore, ScoringColumns.DefaultPredictedLabel);

    private readonly Argument<string> _model = NewArgument();

    private readonly Option<bool> _flip = new("--flip") { Description = "Score each image and its mirror image; take the mean." };

    private readonly Option<bool> _fiveCrop =
        new("--five-crop") { Description = "Score four corners and the center of each image; take the mean." };

    private readonly ScoringArguments _scoring;

    private readonly bool _scores;

    /// <param name="command">The command, which gets the arguments.</param>
    /// <param name="scores">Whether many images are scored; else single ones are looked at.</param>
    public ModelArguments(Command command, bool scores)
    {
        (_scores, _scoring) = (scores, new ScoringArguments(hasBatches: scores));
        command.Arguments.Add(_model);
        foreach (var option in (IEnumerable<Option>)[.. scores ? (Option[])[_flip, _fiveCrop] : [], .. _scoring.All])
            command.Options.Add(option);
    }

    /// <summary>The argument of all commands that open a model.</summary>
    public static Argument<string> NewArgument() => new("MODEL")
    {
        Description = "A trained model: a .zip or .onnx file; or a .pth or .safetensors file or the name of published weights.",
    };

    public long MaxImagePixels(ParseResult parsed) => _scoring.MaxImagePixels(parsed);

    public bool SkipsBadImages(ParseResult parsed) => _scoring.SkipsBadImages(parsed);

    /// <summary>Opens the model, which then reads its images from the files that the column ImagePath names.</summary>
    public ImageClassifierTransformer Open(
        MLContext mlContext, ParseResult parsed, CancellationToken cancellation, BadImagePolicy? badImages = null)
    {
        var options = Options(parsed);
        options.BadImages = badImages ?? options.BadImages;
        return Open(mlContext, _model.Name, parsed.GetRequiredValue(_model), options, cancellation);
    }

    /// <summary>Opens another model, which an argument names, to be scored in the same way.</summary>
    public ImageClassifierTransformer Open(
        MLContext mlContext, ParseResult parsed, string argument, string path, CancellationToken cancellation) =>
        Open(mlContext, argument, path, Options(parsed), cancellation);

    /// <summary>Opens a model that an argument names.</summary>
    public static ImageClassifierTransformer Open(
        MLContext mlContext, string argument, string path, ScoringOptions options, CancellationToken cancellation) =>
        Work.Open(argument, () => mlContext.Model.LoadImageClassifier(
            path, options, nameof(ImageFile.ImagePath), weights: new WeightFileOptions { CancellationToken = cancellation }));

    /// <summary>Opens a model that is looked at and written, but not scored: no session is made of it.</summary>
    public static ScorableModel OpenUnscored(
        MLContext mlContext, Argument<string> argument, ParseResult parsed, CancellationToken cancellation) => Work.Open(
        argument.Name, () => ModelFile.Open(
            CallerEnvironment.Of(mlContext.Model), parsed.GetRequiredValue(argument), _columns,
            new WeightFileOptions { CancellationToken = cancellation }));

    private ScoringOptions Options(ParseResult parsed)
    {
        var options = _scoring.Options(parsed);
        if (_scores)
            (options.TestTimeFlip, options.FiveCrop) = (parsed.GetValue(_flip), parsed.GetValue(_fiveCrop));
        return options;
    }

    /// <summary>Whether scores are means over several views of an image.</summary>
    public bool TakesMeans(ParseResult parsed) => parsed.GetValue(_flip) || parsed.GetValue(_fiveCrop);
}
