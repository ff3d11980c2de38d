using Microsoft.ML.Conformer.Modeling;

namespace Microsoft.ML.Conformer.Training;

/// <summary>What a training run needs to know beside its data; the trainer's options have checked the ranges.</summary>
internal sealed record TrainingSettings
{
    public required ConformerArchitecture Architecture { get; init; }
    public required int Epochs { get; init; }
    public required double LearningRate { get; init; }
    public required double MinLearningRate { get; init; }
    public required double WarmupEpochs { get; init; }
    public required double WeightDecay { get; init; }
    public required double LabelSmoothing { get; init; }
    public required double DropPath { get; init; }
    public required int Seed { get; init; }
    public required TrainingDevice Device { get; init; }

    /// <summary>Starting weights; tensors that it lacks keep their random initialization. Null: all random.</summary>
    public IWeightSource? InitialWeights { get; init; }
}
