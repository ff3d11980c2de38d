namespace Microsoft.ML.Conformer.Detection;

/// <summary>What is drawn on a photo. Copied where it is used: a later change has no effect.</summary>
public sealed class DetectionOverlayOptions
{
    internal const double DefaultLeastScore = 0.3;

    /// <summary>From which score on detections are drawn, 0-1. Default 0.3.</summary>
    public double LeastScore { get; set; } = DefaultLeastScore;

    /// <summary>Whether each box has the class's name and the score. Default true.</summary>
    public bool HasLabels { get; set; } = true;

    /// <summary>How much of the photo a mask's color hides, 0-1; 0 draws no masks. Default 0.45.</summary>
    public double MaskOpacity { get; set; } = 0.45;

    internal IEnumerable<string> Faults() =>
    [
        .. OptionFaults.Outside(nameof(LeastScore), LeastScore, 0, 1), .. OptionFaults.Outside(nameof(MaskOpacity), MaskOpacity, 0, 1),
    ];
}
