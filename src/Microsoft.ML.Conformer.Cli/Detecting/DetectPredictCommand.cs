using System.CommandLine;
using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Detection.Sessions;

namespace Conformer.Cli.Detecting;

/// <summary>`conformer detect predict MODEL IMAGES...`: which objects are where in images.</summary>
internal static class DetectPredictCommand
{
    private static readonly Argument<string> _model = DetectorArguments.NewArgument();

    private static readonly Argument<string[]> _images = PhotoFiles.NewArgument();

    private static readonly ScoringArguments _scoring = new(hasBatches: false);

    private static readonly Option<double> _threshold = new Option<double>("--threshold")
    {
        Description = "From which score on objects are told and drawn.",
        DefaultValueFactory = _ => new DetectionOverlayOptions().LeastScore,
    }.Between(0, 1);

    private static readonly Option<string?> _overlays = new("--overlays")
    {
        Description = "Folder for the photos with boxes and masks drawn on them, as PNG files.",
        HelpName = "FOLDER",
    };

    private static readonly Option<bool> _json = new("--json")
    {
        Description = "Write {\"images\": [{\"file\", \"width\", \"height\", \"objects\": [{\"class\", \"score\", \"box\", \"mask\"}]}]}: " +
            "boxes as left, top, right and bottom in pixels, masks as COCO's run lengths.",
    };

    public static Command Create()
    {
        var command = new Command("predict", "Finds the objects in images: class, score, box, and mask where the detector has masks.")
        {
            _model, _images,
        };
        foreach (var option in (IEnumerable<Option>)[_threshold, _overlays, _json, .. _scoring.All])
            command.Options.Add(option);
        command.SetAction((parsed, cancellation) =>
        {
            IReadOnlyList<string> files = [];
            return Work.RunAsync(
                () =>
                {
                    files = PhotoFiles.Find(_images, parsed);
                    if (parsed.GetValue(_overlays) is { } folder)
                        ResultFiles.Prepare(folder, _overlays.Name);
                    return DetectorArguments.Open(new MLContext(), parsed, _model, _scoring.Options(parsed));
                },
                detector => Predict(detector, files, parsed, cancellation));
        });
        return command;
    }

    private static int Predict(
        ObjectDetectorTransformer detector, IReadOnlyList<string> files, ParseResult parsed, CancellationToken cancellation)
    {
        var (code, least) = (0, parsed.GetValue(_threshold));
        using IPredictionWriter<DetectedPhoto> writer = parsed.GetValue(_json)
            ? new PredictionJson<DetectedPhoto>(Console.OpenStandardOutput(), DetectedPhoto.Write)
            : new DetectionLines(least);
        foreach (var (index, path) in files.Index())
        {
            cancellation.ThrowIfCancellationRequested();
            (RgbImage Photo, Detections Found) detected;
            try
            {
                detected = detector.Detect(path);
            }
            // An image that cannot be used does not spoil the others; where it can be, the network has failed.
            catch (Exception exception) when (
                BadImage.CanCause(exception) && PhotoFault.Of(path, _scoring.MaxImagePixels(parsed)) is { } fault)
            {
                writer.Add(path, CommandWords.Of(fault));
                code = _scoring.SkipsBadImages(parsed) ? code : ExitCode.Failed;
                continue;
            }
            writer.Add(path, DetectedPhoto.Of(detector, detected.Found, least));
            if (parsed.GetValue(_overlays) is { } folder)
                detector.SaveOverlay(
                    detected.Photo, detected.Found, Path.Combine(folder, $"{ResultFiles.NumberedName(index + 1, path)}.png"),
                    new DetectionOverlayOptions { LeastScore = least });
        }
        return code;
    }
}
