using System.CommandLine;

namespace Conformer.Cli.Detecting;

/// <summary>Which detector a command opens.</summary>
internal static class DetectorArguments
{
    public static Argument<string> NewArgument() => new("MODEL")
    {
        Description = "A trained detector: a .zip or .onnx file; or a .pth or .safetensors file with mmdetection's names.",
    };

    /// <summary>Opens the detector, which then reads its images from the files that the column ImagePath names.</summary>
    public static ObjectDetectorTransformer Open(
        MLContext mlContext, ParseResult parsed, Argument<string> model, ScoringOptions? options = null) => Work.Open(
        model.Name,
        () => mlContext.Model.LoadObjectDetector(parsed.GetRequiredValue(model), options, nameof(ImageFile.ImagePath)));
}
