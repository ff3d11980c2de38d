namespace Microsoft.ML.Conformer.Scoring;

/// <summary>Names of the columns that a trained network reads and adds.</summary>
internal sealed record ScoringColumns(string Image, string Score, string PredictedLabel);
