namespace Microsoft.ML.Conformer.Columns;

/// <summary>Names of the columns that a trained network reads and adds.</summary>
internal sealed record ScoringColumns(string Image, string Score, string PredictedLabel)
{
    /// <summary>The names where nobody says otherwise, those of ML.NET's own trainers among them.</summary>
    public const string DefaultImage = "Image", DefaultScore = "Score", DefaultPredictedLabel = "PredictedLabel", DefaultLabel = "Label";

    /// <summary>What is wrong with the names, as arguments of methods.</summary>
    public IEnumerable<string> Faults() => OptionFaults.OfColumns(
        [("imageColumnName", Image), ("scoreColumnName", Score), ("predictedLabelColumnName", PredictedLabel)]);
}
