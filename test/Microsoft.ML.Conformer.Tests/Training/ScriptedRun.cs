using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Conformer.Training;
using Microsoft.ML.Conformer.Training.Classification;
using Microsoft.ML.Conformer.Training.Optimization;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Tests.Training;

/// <summary>A run of two steps an epoch whose validations are told, and what a test sees of it.</summary>
internal sealed class ScriptedRun : IDisposable
{
    public const int StepsPerEpoch = 2;

    public static readonly TrainingSettings Settings = With(recipe => recipe);

    /// <summary>The settings with another recipe.</summary>
    public static TrainingSettings With(Func<TrainingRecipe, TrainingRecipe> change)
    {
        var recipe = change(new() { Epochs = 4, LearningRate = 1e-3, MinLearningRate = 1e-5, WarmupEpochs = 1 });
        return new()
        {
            Epochs = recipe.Epochs,
            Schedule = new CosineSchedule(recipe),
            WeightAverageDecay = recipe.WeightAverageDecay,
            Device = CPU,
            Step = new StepSettings { WeightDecay = 0.05 },
        };
    }

    private readonly CancellationTokenSource _cancellation = new();

    /// <summary>Each epoch's validation; without any there is no validation data.</summary>
    public ClassificationFigures[] Validations { get; init; } = [];

    public ValidationMetric BestBy { get; init; }

    /// <summary>The steps from 1 before which something happens: the token is canceled (0: from the start), the loss becomes NaN.</summary>
    public int? CancelAt { get; init; }

    public int FirstNaN { get; init; }

    /// <summary>The validation from 1 that a cancellation interrupts.</summary>
    public int CanceledValidation { get; init; }

    public ConformerNetwork Network { get; } = new(ScoringModel.Architecture, dropPath: 0.1, seed: 1);

    /// <summary>What the network has before each step, and at each validation.</summary>
    public List<float[]> BeforeSteps { get; } = [];

    public List<float[]> Validated { get; } = [];

    public List<string> Warnings { get; } = [];

    /// <summary>What is done where the best weights are to be kept.</summary>
    public Action KeepBest { get; init; } = () => { };

    public RunCheckpoints? Checkpoints { get; init; }

    /// <summary>A few weights and running statistics of the network as it is.</summary>
    public float[] Weights =>
    [
        .. new[] { "conv_cls_head.weight", "trans_1.attn.proj.bias" }.SelectMany(name => Network.get_parameter(name)!.Values()),
        .. Network.get_buffer("bn1.running_mean")!.Values(),
    ];

    public TrainingResult Train(TrainingSettings settings, int batchSize = 2)
    {
        var task = new ScriptedTask(new ClassificationTask(Network, labelSmoothing: 0.1))
        {
            FirstNaN = FirstNaN,
            BeforeStep = step =>
            {
                BeforeSteps.Add(Weights);
                CancelIf(step == CancelAt);
            },
            Validations = number =>
            {
                Validated.Add(Weights);
                CancelIf(number == CanceledValidation);
                _cancellation.Token.ThrowIfCancellationRequested();
                return Validations[number - 1].ToValidation(BestBy);
            },
        };
        CancelIf(CancelAt == 0);
        return TrainingLoop.Run(
            task, settings, new SameImages(StepsPerEpoch, batchSize: batchSize), Validations.Length == 0 ? null : new SameImages(1),
            new TrainingHost { Warn = Warnings.Add, KeepBest = KeepBest, Checkpoints = Checkpoints }, _cancellation.Token);
    }

    public void Dispose()
    {
        Network.Dispose();
        _cancellation.Dispose();
    }

    private void CancelIf(bool condition)
    {
        if (condition)
            _cancellation.Cancel();
    }
}
