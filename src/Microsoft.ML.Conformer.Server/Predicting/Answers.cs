using Conformer.Server.Model;
using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Conformer.Detection.Sessions;

namespace Conformer.Server.Predicting;

/// <summary>The answer to a request for predictions.</summary>
/// <param name="Images">One for each image, in the order of the request.</param>
internal sealed record PredictAnswer(IReadOnlyList<ImageAnswer> Images);

/// <summary>What is known about an image: a classifier's predictions, the objects that a detector finds, or why there are none.</summary>
/// <param name="File">The file's name; null where the request is the image.</param>
/// <param name="Predictions">Of a classifier: the most probable classes, best first.</param>
/// <param name="NoneOfThese">
/// Of a classifier: whether the best class is less probable than the threshold, so that the image is likely of something else; absent
/// without a threshold.
/// </param>
/// <param name="Width">Of a detector: the image's width in pixels, upright, as it is shown.</param>
/// <param name="Height">Of a detector: its height.</param>
/// <param name="Objects">Of a detector: what is in the image, by falling score.</param>
/// <param name="Error">Why there are neither.</param>
internal sealed record ImageAnswer(
    string? File = null, IReadOnlyList<Prediction>? Predictions = null, bool? NoneOfThese = null, int? Width = null, int? Height = null,
    IReadOnlyList<ObjectAnswer>? Objects = null, ImageError? Error = null);

/// <summary>A class and its probability.</summary>
/// <param name="Class">Its name.</param>
/// <param name="Probability">0-1.</param>
internal sealed record Prediction(string Class, float Probability);

/// <summary>An object in an image.</summary>
/// <param name="Class">The name of its class.</param>
/// <param name="Score">0-1.</param>
/// <param name="Box">x0, y0, x1, y1 in pixels of the image.</param>
/// <param name="Mask">Which pixels are the object's; absent where the detector has no masks.</param>
internal sealed record ObjectAnswer(string Class, float Score, IReadOnlyList<float> Box, MaskAnswer? Mask = null)
{
    /// <summary>An object that a detector found; its mask is made now, which takes long on a large photo.</summary>
    public static ObjectAnswer Of(ObjectDetectorTransformer detector, Detections found, DetectedObject one) => new(
        detector.ClassNames[one.Label], one.Score, [one.Box.X0, one.Box.Y0, one.Box.X1, one.Box.Y1],
        one.Mask is null ? null : new MaskAnswer([found.Height, found.Width], detector.MaskOf(found, one)));
}

/// <summary>An object's mask as COCO has them.</summary>
/// <param name="Size">The image's height and width in pixels.</param>
/// <param name="Counts">Lengths of runs, column by column, in COCO's compressed text; the first one is of pixels outside.</param>
internal sealed record MaskAnswer(IReadOnlyList<int> Size, string Counts);

/// <summary>Why an image was not scored.</summary>
/// <param name="Status">The HTTP status that a request with this image alone gets.</param>
/// <param name="Reason">What was found, and what was expected.</param>
internal sealed record ImageError(int Status, string Reason);

/// <summary>How the server is.</summary>
/// <param name="Status">"ready".</param>
/// <param name="Version">The program's version.</param>
/// <param name="UptimeSeconds">Time since the program started.</param>
/// <param name="Model">The model that scores.</param>
/// <param name="ImagesScored">Images scored so far.</param>
/// <param name="BatchesScored">Batches that they were scored in.</param>
/// <param name="Limits">What requests may ask for.</param>
/// <param name="Threshold">
/// Where a classifier's best class is less probable, answers say that it is none of these; a detector's objects with lower scores are left
/// out. Absent where the server was given none.
/// </param>
/// <param name="FailedReload">The file that could not take the model's place; absent where none was refused since.</param>
internal sealed record HealthAnswer(
    string Status,
    string Version,
    double UptimeSeconds,
    ModelInfo Model,
    long ImagesScored,
    long BatchesScored,
    Limits Limits,
    float? Threshold = null,
    FailedReload? FailedReload = null);

/// <summary>A model, and where it comes from.</summary>
/// <param name="Task">"classification" or "detection".</param>
/// <param name="Classes">Names of the classes, in the order of the scores.</param>
/// <param name="File">Name of the file.</param>
/// <param name="FileTime">When the file was written.</param>
/// <param name="Loaded">When the server opened it.</param>
/// <param name="ImageSize">Of a classifier: side of the network's square input, in pixels.</param>
/// <param name="LongestSide">Of a detector: the most pixels of an image's longer side as the network sees it.</param>
/// <param name="ShortestSide">Of a detector: the most pixels of its shorter side.</param>
/// <param name="HasMasks">Of a detector: whether it gives each object a mask.</param>
internal sealed record ModelInfo(
    string Task,
    IReadOnlyList<string> Classes,
    string File,
    DateTime FileTime,
    DateTime Loaded,
    int? ImageSize = null,
    int? LongestSide = null,
    int? ShortestSide = null,
    bool? HasMasks = null);
