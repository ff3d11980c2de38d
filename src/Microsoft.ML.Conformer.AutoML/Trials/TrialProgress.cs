namespace Microsoft.ML.Conformer.AutoML;

/// <summary>Where a running trial stands.</summary>
/// <param name="TrialId">The trial's number, from 0.</param>
/// <param name="Training">Where its training stands.</param>
public sealed record TrialProgress(int TrialId, TrainingProgress Training);
