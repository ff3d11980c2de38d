namespace Microsoft.ML.Conformer.Models;

/// <summary>A column of features, and the name of the value inside the graph that fills it.</summary>
internal sealed record FeatureOutput(string ColumnName, string Output);
