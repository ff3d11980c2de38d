namespace Microsoft.ML.Conformer;

/// <summary>How far the reading of a data set's images is, before the first epoch.</summary>
/// <param name="Role">Which images: training or validation.</param>
/// <param name="Images">How many were read.</param>
/// <param name="Total">How many there are; null where the data does not tell.</param>
public sealed record ImageReadingProgress(string Role, long Images, long? Total);
