using Conformer.Server.Model;

namespace Conformer.Server.Predicting;

/// <summary>The answer to a request for predictions.</summary>
/// <param name="Images">One for each image, in the order of the request.</param>
internal sealed record PredictAnswer(IReadOnlyList<ImageAnswer> Images);

/// <summary>What is known about an image: predictions, or why there are none.</summary>
/// <param name="File">The file's name; null where the request is the image.</param>
/// <param name="Predictions">The most probable classes, best first.</param>
/// <param name="NoneOfThese">
/// Whether the best class is less probable than the server's threshold, so that the image is likely of something else.
/// </param>
/// <param name="Error">Why there are no predictions.</param>
internal sealed record ImageAnswer(
    string? File = null, IReadOnlyList<Prediction>? Predictions = null, bool? NoneOfThese = null, ImageError? Error = null);

/// <summary>A class and its probability.</summary>
/// <param name="Class">Its name.</param>
/// <param name="Probability">0-1.</param>
internal sealed record Prediction(string Class, float Probability);

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
/// <param name="Threshold">Where the best class is less probable, answers say that it is none of these; absent: they never do.</param>
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
/// <param name="Classes">Names of the classes, in the order of the scores.</param>
/// <param name="ImageSize">Side of the network's square input, in pixels.</param>
/// <param name="File">Name of the file.</param>
/// <param name="FileTime">When the file was written.</param>
/// <param name="Loaded">When the server opened it.</param>
internal sealed record ModelInfo(IReadOnlyList<string> Classes, int ImageSize, string File, DateTime FileTime, DateTime Loaded);
