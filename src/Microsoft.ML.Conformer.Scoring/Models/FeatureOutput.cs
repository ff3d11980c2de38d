namespace Microsoft.ML.Conformer.Models;

/// <summary>A column of features, and the value inside the graph that fills it.</summary>
/// <param name="ColumnName">The column's name.</param>
/// <param name="Output">The value's name.</param>
internal sealed record FeatureOutput(string ColumnName, string Output);
