namespace Microsoft.ML.Conformer.AutoML;

/// <summary>A point of a trial's validation curve.</summary>
/// <param name="Accuracy">Fraction (0-1) of validation images classified rightly.</param>
/// <param name="Loss">Mean cross entropy of the validation images, in nats.</param>
public sealed record EpochFigures(double Accuracy, double Loss);
