namespace Microsoft.ML.Conformer;

/// <summary>Where a training run stands; reported after steps and, with the validation figures, after each epoch.</summary>
public sealed record TrainingProgress
{
    /// <summary>The current epoch, from 1.</summary>
    public required int Epoch { get; init; }

    /// <summary>Number of epochs.</summary>
    public required int Epochs { get; init; }

    /// <summary>Steps done in this epoch.</summary>
    public required int Step { get; init; }

    /// <summary>Steps in an epoch.</summary>
    public required int Steps { get; init; }

    /// <summary>
    /// Mean training loss of this epoch so far, in nats: what is minimized, class weights, mixing and a teacher included.
    /// </summary>
    public required double Loss { get; init; }

    /// <summary>Learning rate of the last step.</summary>
    public required double LearningRate { get; init; }

    /// <summary>Training speed of this epoch so far, in images per second, validation left out.</summary>
    public required double ImagesPerSecond { get; init; }

    /// <summary>Time since training began.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Estimated time until the last epoch ends, validation included.</summary>
    public required TimeSpan Remaining { get; init; }

    /// <summary>Whether this report closes an epoch; the validation figures are then set where there is validation data.</summary>
    public required bool EpochEnded { get; init; }

    /// <summary>
    /// Fraction (0-1) of validation images classified rightly, after the epoch; null within an epoch or without validation data.
    /// </summary>
    public double? ValidationAccuracy { get; init; }

    /// <summary>
    /// Mean of the classes' accuracies (0-1) on the validation images, over the classes that have any, after the epoch; null within an
    /// epoch or without validation data.
    /// </summary>
    public double? ValidationMacroAccuracy { get; init; }

    /// <summary>Mean cross entropy of the validation images' scores, in nats; null within an epoch or without validation data.</summary>
    public double? ValidationLoss { get; init; }

    /// <summary>
    /// All figures of the validation by their names, in the order of the history file, after the epoch; null within an epoch or without
    /// validation data.
    /// </summary>
    public IReadOnlyDictionary<string, double>? ValidationFigures { get; init; }

    /// <summary>Whether this epoch's weights are the best so far and are kept.</summary>
    public bool IsBest { get; init; }
}
