namespace Microsoft.ML.Conformer.Detection.Evaluation;

/// <summary>An object that is in an image, as people marked it.</summary>
/// <param name="ClassIndex">Its class, from 0.</param>
/// <param name="Box">Its box in pixels.</param>
/// <param name="Area">
/// Its area in square pixels, which says whether it is small, medium or large: COCO's files have that of the outline for boxes too.
/// </param>
/// <param name="IsCrowd">Whether it is many objects in one: detections in it are neither right nor wrong, however many there are.</param>
/// <param name="Mask">Its pixels; needed where masks are evaluated.</param>
internal sealed record TrueObject(int ClassIndex, ImageBox Box, double Area, bool IsCrowd = false, RunLengthMask? Mask = null);

/// <summary>An object that a detector found in an image.</summary>
/// <param name="ClassIndex">Its class, from 0.</param>
/// <param name="Box">Its box in pixels.</param>
/// <param name="Score">How sure the detector is; only the order of scores matters.</param>
/// <param name="Mask">Its pixels; needed where masks are evaluated.</param>
internal sealed record FoundObject(int ClassIndex, ImageBox Box, double Score, RunLengthMask? Mask = null);
