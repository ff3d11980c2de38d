namespace Microsoft.ML.Conformer.Detection.Sessions;

/// <summary>What is found in a photo, by falling score.</summary>
/// <param name="Height">Of the photo as it came in.</param>
/// <param name="Width">Of the photo as it came in.</param>
/// <param name="Found">In the photo's pixels.</param>
internal sealed record Detections(int Height, int Width, IReadOnlyList<DetectedObject> Found)
{
    /// <summary>A row of a photo that cannot be used.</summary>
    public static Detections None { get; } = new(0, 0, []);

    /// <summary>The objects of at least a score.</summary>
    public IEnumerable<DetectedObject> From(double leastScore) => Found.Where(one => one.Score >= leastScore);

    /// <summary>An object's mask at the photo's size.</summary>
    public RunLengthMask PastedMaskOf(DetectedObject one, double threshold) =>
        PastedMask.Of(one.Mask, DetectorArchitecture.MaskSide, one.Box, Height, Width, (float)threshold);

    /// <summary>The same as COCO's compressed text.</summary>
    public ReadOnlyMemory<char> MaskOf(DetectedObject one, double threshold) => PastedMaskOf(one, threshold).ToString().AsMemory();
}

/// <summary>An object in a photo.</summary>
/// <param name="Box">Where it is.</param>
/// <param name="Score">How sure that is, 0-1.</param>
/// <param name="Label">Its class, from 0.</param>
/// <param name="Mask">Probabilities that the box's parts are the object's, [28, 28]; null without masks.</param>
internal sealed record DetectedObject(Box Box, float Score, int Label, float[]? Mask);
