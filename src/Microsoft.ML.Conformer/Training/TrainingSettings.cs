using TorchSharp;

namespace Microsoft.ML.Conformer.Training;

/// <summary>How to train a network; the trainer's options have checked the ranges.</summary>
internal sealed record TrainingSettings
{
    public required TrainingRecipe Recipe { get; init; }

    /// <summary>The factor of the recipe's learning rates. Default 1.</summary>
    public double LearningRateScale { get; init; } = 1;

    public required torch.Device Device { get; init; }
    public required StepSettings Step { get; init; }

    /// <summary>What tells which epoch's weights are the best, where there is validation data.</summary>
    public ValidationMetric BestBy { get; init; }

    /// <summary>The epochs in a row that are no better than the best one after which training ends; null (default): any number.</summary>
    public int? Patience { get; init; }

    public EarlyEnd OnCancel { get; init; }

    public EarlyEnd OnDivergence { get; init; }

    /// <summary>What is done to each batch, or null (default) for nothing.</summary>
    public IBatchAugmentation? BatchAugmentation { get; init; }
}
