namespace Microsoft.ML.Conformer.Detection;

/// <summary>
/// How a detector's numbers become detections: which boxes are kept, and how many. The defaults are those of mmdetection 2.8, as the
/// authors of the Conformer used it.
/// </summary>
public sealed record DetectionRules
{
    private const int Most = 1_000_000;

    /// <summary>
    /// Of each level of the pyramid so many anchors are looked at, those with the highest scores: to propose regions, or, in RetinaNet,
    /// to detect. Default 1000.
    /// </summary>
    public int CandidatesPerLevel { get; init; } = 1000;

    /// <summary>The most regions of an image that a two-stage detector proposes. Default 1000.</summary>
    public int Proposals { get; init; } = 1000;

    /// <summary>
    /// Of two proposed regions of one level whose IoU is above this, 0-1, only the one with the higher score is kept. Default 0.7.
    /// </summary>
    public double ProposalOverlap { get; init; } = 0.7;

    /// <summary>The score, 0-1, that a detection must be above. Default 0.05.</summary>
    public double LeastScore { get; init; } = 0.05;

    /// <summary>
    /// Of two detections of one class whose IoU is above this, 0-1, only the one with the higher score is kept. Default 0.5.
    /// </summary>
    public double Overlap { get; init; } = 0.5;

    /// <summary>The most detections of an image. Default 100.</summary>
    public int MostDetections { get; init; } = 100;

    /// <summary>The probability, 0-1, from which on a pixel is an object's. Default 0.5.</summary>
    public double MaskThreshold { get; init; } = 0.5;

    /// <summary>What is wrong with these rules, one sentence for each fault; empty where they can be kept.</summary>
    internal IEnumerable<string> Faults()
    {
        foreach (var (name, count) in new[]
        {
            (nameof(CandidatesPerLevel), CandidatesPerLevel), (nameof(Proposals), Proposals), (nameof(MostDetections), MostDetections),
        })
            if (count is < 1 or > Most)
                yield return $"{name} is {count}; it must be 1-{Most}.";
        foreach (var (name, value) in new[]
        {
            (nameof(ProposalOverlap), ProposalOverlap), (nameof(LeastScore), LeastScore), (nameof(Overlap), Overlap),
            (nameof(MaskThreshold), MaskThreshold),
        })
            if (!(value is >= 0 and <= 1))
                yield return FormattableString.Invariant($"{name} is {value}; it must be 0-1.");
    }
}
