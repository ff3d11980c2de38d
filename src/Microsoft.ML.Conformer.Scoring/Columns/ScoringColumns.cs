namespace Microsoft.ML.Conformer.Columns;

/// <summary>Names of the columns that a trained network reads and adds.</summary>
internal sealed record ScoringColumns(string Image, string Score, string PredictedLabel);
