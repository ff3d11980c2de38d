namespace Microsoft.ML.Conformer;

/// <summary>How images are evaluated. Copied where it is used: a later change has no effect.</summary>
public sealed class ImageEvaluationOptions : LabeledImageOptions
{
    private const int MostResamples = 100_000, MostBins = 1000;

    /// <summary>The largest k of the top-k accuracies, at least 1. Default 5; of fewer classes all.</summary>
    public int TopK { get; set; } = 5;

    /// <summary>Bins of the reliability diagram and of the calibration error, 1-1,000. Default 15.</summary>
    public int CalibrationBins { get; set; } = 15;

    /// <summary>How often images are drawn anew for the confidence intervals, 1-100,000. Default 1,000.</summary>
    public int Resamples { get; set; } = 1000;

    /// <summary>How much of the resamples an interval covers, between 0 and 1. Default 0.95.</summary>
    public double ConfidenceLevel { get; set; } = 0.95;

    /// <summary>Fixes what is drawn. Default 0.</summary>
    public int Seed { get; set; }

    internal override bool KeepsImagesOfNone => true;

    internal ImageEvaluationOptions Copy() => (ImageEvaluationOptions)MemberwiseClone();

    internal override IEnumerable<string> Faults()
    {
        foreach (var fault in base.Faults())
            yield return fault;
        if (TopK < 1)
            yield return $"{nameof(TopK)} is {TopK}; it must be at least 1.";
        foreach (var fault in OptionFaults.Outside(nameof(CalibrationBins), CalibrationBins, 1, MostBins))
            yield return fault;
        foreach (var fault in OptionFaults.Outside(nameof(Resamples), Resamples, 1, MostResamples))
            yield return fault;
        if (!(ConfidenceLevel is > 0 and < 1))
            yield return FormattableString.Invariant($"{nameof(ConfidenceLevel)} is {ConfidenceLevel}; it must be between 0 and 1.");
    }
}
