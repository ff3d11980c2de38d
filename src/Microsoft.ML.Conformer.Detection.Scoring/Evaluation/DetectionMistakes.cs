namespace Microsoft.ML.Conformer.Detection;

/// <summary>
/// Numbers of detections that are right, and of those that are wrong by the kind of the mistake (Bolya et al., "TIDE: A General Toolbox for
/// Identifying Object Detection Errors", ECCV 2020), at one threshold of the score. Boxes decide. Detections of crowds count nowhere.
/// </summary>
/// <param name="Right">Detections with an IoU of at least 0.5 to an object of their class that no better one was given.</param>
/// <param name="WrongPlace">The class is right, but the IoU is only 0.1 to 0.5.</param>
/// <param name="WrongClass">The IoU to an object of another class is at least 0.5.</param>
/// <param name="Duplicate">The object was given to a detection with a higher score.</param>
/// <param name="WrongClassAndPlace">The IoU to an object of another class is 0.1 to 0.5, and to none of the own class more than 0.1.</param>
/// <param name="Background">There is no object: the IoU to all is at most 0.1.</param>
/// <param name="Missed">Objects that no detection found.</param>
public sealed record DetectionMistakes(
    int Right, int WrongPlace, int WrongClass, int Duplicate, int WrongClassAndPlace, int Background, int Missed)
{
    /// <summary>Detections that are wrong, of all kinds: false positives.</summary>
    public int Wrong => WrongPlace + WrongClass + Duplicate + WrongClassAndPlace + Background;

    internal static DetectionMistakes None { get; } = new(0, 0, 0, 0, 0, 0, 0);

    internal static DetectionMistakes Sum(IEnumerable<DetectionMistakes> all) => all.Aggregate(None, (sum, one) => new(
        sum.Right + one.Right, sum.WrongPlace + one.WrongPlace, sum.WrongClass + one.WrongClass, sum.Duplicate + one.Duplicate,
        sum.WrongClassAndPlace + one.WrongClassAndPlace, sum.Background + one.Background, sum.Missed + one.Missed));
}
