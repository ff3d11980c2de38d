namespace Microsoft.ML.Conformer.Detection.Scoring;

/// <summary>Names of the columns that a detector reads and adds.</summary>
internal sealed record DetectorColumns(string Image, string PredictedLabel, string Score, string Boxes, string Masks)
{
    /// <summary>The names where nobody says otherwise, which are those of ML.NET's own detector.</summary>
    public const string DefaultImage = "Image", DefaultPredictedLabel = "PredictedLabel", DefaultScore = "Score",
        DefaultBoxes = "PredictedBoundingBoxes", DefaultMasks = "PredictedMasks";

    public static DetectorColumns Default { get; } = new(DefaultImage, DefaultPredictedLabel, DefaultScore, DefaultBoxes, DefaultMasks);

    /// <summary>What is wrong with the names, as arguments of methods.</summary>
    public IEnumerable<string> Faults() => OptionFaults.OfColumns(
    [
        ("imageColumnName", Image), ("predictedLabelColumnName", PredictedLabel), ("scoreColumnName", Score),
        ("predictedBoundingBoxColumnName", Boxes), ("predictedMaskColumnName", Masks),
    ]);
}
