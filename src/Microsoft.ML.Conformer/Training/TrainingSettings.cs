using TorchSharp;

namespace Microsoft.ML.Conformer.Training;

/// <summary>How to train a network; the trainer's options have checked the ranges.</summary>
internal sealed record TrainingSettings
{
    public required int Epochs { get; init; }
    public required ILearningRateSchedule Schedule { get; init; }

    /// <summary>The decay of the weights' average, which is what is validated and kept; null (default): the weights are.</summary>
    public double? WeightAverageDecay { get; init; }

    public required torch.Device Device { get; init; }
    public required StepSettings Step { get; init; }

    /// <summary>The epochs in a row that are no better than the best one after which training ends; null (default): any number.</summary>
    public int? Patience { get; init; }

    /// <summary>By what an epoch is better, for a message.</summary>
    public string? JudgedBy { get; init; }

    public EarlyEnd OnCancel { get; init; }

    public EarlyEnd OnDivergence { get; init; }

    /// <summary>What may help where training diverges, as a sentence that names options.</summary>
    public string Remedy { get; init; } = "Lower LearningRate, lengthen WarmupEpochs or set MaxGradientNorm.";

    /// <summary>What is done to each batch, or null (default) for nothing.</summary>
    public IBatchAugmentation? BatchAugmentation { get; init; }
}
