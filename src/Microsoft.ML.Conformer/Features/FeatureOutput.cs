namespace Microsoft.ML.Conformer.Scoring;

/// <summary>A column of features, and the value inside the graph that fills it.</summary>
internal sealed record FeatureOutput(string ColumnName, string Output);
