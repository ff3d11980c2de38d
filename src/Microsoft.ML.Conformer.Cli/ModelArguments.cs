using System.CommandLine;

namespace Conformer.Cli;

/// <summary>The arguments of a command that scores: which model, and how.</summary>
internal sealed class ModelArguments
{
    private const int MostBatch = 1024;

    private readonly Argument<string> _model = new("MODEL")
    {
        Description = "A trained model: a .zip or .onnx file; or a .pth or .safetensors file or the name of published weights.",
    };

    private readonly Option<bool> _flip = new("--flip") { Description = "Score each image and its mirror image, and take the mean." };

    private readonly Option<bool> _fiveCrop =
        new("--five-crop") { Description = "Score the four corners and the center of each image, and take the mean." };

    private readonly Option<int> _batchSize = new("--batch-size")
    {
        Description = "Images that the network sees at once.",
        DefaultValueFactory = _ => 16,
    };

    private readonly Option<int?> _threads =
        new("--threads") { Description = "CPU threads to compute with. Default: one for each processor." };

    private readonly Option<bool> _skipBadImages =
        new("--skip-bad-images") { Description = "Leave out images that cannot be used, instead of ending with an error." };

    public ModelArguments(Command command)
    {
        _batchSize.Validators.Add(result =>
        {
            if (result.Errors.Any())
                return;
            if (result.GetValueOrDefault<int>() is < 1 or > MostBatch)
                result.AddError($"--batch-size must be 1-{MostBatch}.");
        });
        _threads.Validators.Add(result =>
        {
            if (!result.Errors.Any() && result.GetValueOrDefault<int?>() < 1)
                result.AddError("--threads must be at least 1.");
        });
        command.Arguments.Add(_model);
        foreach (var option in (Option[])[_flip, _fiveCrop, _batchSize, _threads, _skipBadImages])
            command.Options.Add(option);
    }

    /// <summary>Opens the model, which then reads its images from the files that the column ImagePath names.</summary>
    public ImageClassifierTransformer Open(MLContext mlContext, ParseResult parsed, CancellationToken cancellation) =>
        Open(mlContext, parsed, parsed.GetRequiredValue(_model), cancellation);

    /// <summary>Opens another model that is scored in the same way.</summary>
    public ImageClassifierTransformer Open(MLContext mlContext, ParseResult parsed, string path, CancellationToken cancellation) =>
        mlContext.Model.LoadImageClassifier(
            path,
            new ScoringOptions
            {
                TestTimeFlip = parsed.GetValue(_flip),
                FiveCrop = parsed.GetValue(_fiveCrop),
                MaxBatchSize = parsed.GetValue(_batchSize),
                IntraOpThreads = parsed.GetValue(_threads),
                BadImages = parsed.GetValue(_skipBadImages) ? BadImagePolicy.Skip : BadImagePolicy.Throw,
            },
            nameof(ImageFile.ImagePath),
            weights: new WeightFileOptions { CancellationToken = cancellation });
}
