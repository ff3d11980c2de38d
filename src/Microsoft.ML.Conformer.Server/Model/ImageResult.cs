using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Conformer.Detection.Sessions;

namespace Conformer.Server.Model;

/// <summary>What a model knows of an image.</summary>
internal abstract record ImageResult;

/// <summary>What a classifier knows of an image.</summary>
/// <param name="Probabilities">Of each class, 0-1; NaN where the image cannot be scored.</param>
internal sealed record ClassScores(float[] Probabilities) : ImageResult;

/// <summary>What a detector finds in an image.</summary>
/// <param name="Detector">What found it, and makes masks.</param>
/// <param name="Found">
/// In pixels of the image. Masks are yet to be made, since most of a photo's hundred objects are below any threshold.
/// </param>
internal sealed record DetectorResult(ObjectDetectorTransformer Detector, Detections Found) : ImageResult;
