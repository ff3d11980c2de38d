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

    public EarlyEnd OnCancel { get; init; }

    public EarlyEnd OnDivergence { get; init; }

    /// <summary>What is done to each batch, or null (default) for nothing.</summary>
    public IBatchAugmentation? BatchAugmentation { get; init; }
}
