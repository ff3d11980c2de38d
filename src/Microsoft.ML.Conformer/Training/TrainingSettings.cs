using TorchSharp;

namespace Microsoft.ML.Conformer.Training;

/// <summary>How to train a network; the trainer's options have checked the ranges.</summary>
internal sealed record TrainingSettings
{
    public required int Epochs { get; init; }
    public required double LearningRate { get; init; }
    public required double MinLearningRate { get; init; }
    public required double WarmupEpochs { get; init; }
    public required double WeightDecay { get; init; }
    public required torch.Device Device { get; init; }

    /// <summary>The numbers of the forward pass, and the processes that train together: by default 32-bit floats, and none other.</summary>
    public TrainingPrecision Precision { get; init; } = TrainingPrecision.Float32;

    public ICollective Collective { get; init; } = new Alone();

    /// <summary>The length to which longer gradients are shortened; null (default): they never are.</summary>
    public double? MaxGradientNorm { get; init; }

    /// <summary>What is done to each batch, or null (default) for nothing.</summary>
    public IBatchAugmentation? BatchAugmentation { get; init; }
}
