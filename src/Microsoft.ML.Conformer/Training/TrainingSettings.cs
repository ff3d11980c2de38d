using TorchSharp;

namespace Microsoft.ML.Conformer.Training;

/// <summary>How to train a network; the trainer's options have checked the ranges.</summary>
internal sealed record TrainingSettings
{
    public required int Epochs { get; init; }
    public required double LearningRate { get; init; }
    public required double MinLearningRate { get; init; }
    public required double WarmupEpochs { get; init; }
    public required torch.Device Device { get; init; }
    public required StepSettings Step { get; init; }

    /// <summary>
    /// What the exponential moving average of the weights, which is validated and kept in their place, keeps of itself in a step, 0 to
    /// below 1; null (default): there is none.
    /// </summary>
    public double? WeightAverageDecay { get; init; }

    /// <summary>What tells which epoch's weights are the best, where there is validation data.</summary>
    public ValidationMetric BestBy { get; init; }

    /// <summary>The epochs in a row that are no better than the best one after which training ends; null (default): any number.</summary>
    public int? Patience { get; init; }

    public EarlyEnd OnCancel { get; init; }

    public EarlyEnd OnDivergence { get; init; }

    /// <summary>What is done to each batch, or null (default) for nothing.</summary>
    public IBatchAugmentation? BatchAugmentation { get; init; }
}
