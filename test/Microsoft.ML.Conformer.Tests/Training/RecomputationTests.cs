using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Conformer.Torch;
using Microsoft.ML.Conformer.Training;
using Microsoft.ML.Conformer.Training.Classification;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Tests.Training;

[TestClass]
public sealed class RecomputationTests
{
    /// <summary>All that a step changes: losses, gradients, weights, running statistics, counters and what is dropped next.</summary>
    [LeakCheckedTestMethod]
    [DataRow(TrainingPrecision.Float32, null, Freezing.None, false)]
    [DataRow(TrainingPrecision.Float32, 2, Freezing.None, false)]
    [DataRow(TrainingPrecision.BFloat16, null, Freezing.None, false)]
    [DataRow(TrainingPrecision.Float32, 2, Freezing.None, true)]
    [DataRow(TrainingPrecision.Float32, 2, Freezing.Gradual, false)]
    [DataRow(TrainingPrecision.BFloat16, null, Freezing.Gradual, true)]
    [DataRow(TrainingPrecision.Float32, null, Freezing.Backbone, false)]
    public void StepsAreThoseWithoutItToTheBit(
        TrainingPrecision precision, int? microBatchSize, Freezing freeze, bool freezeBatchNorm)
    {
        if (precision == TrainingPrecision.BFloat16 && !Autocast.IsAvailable)
            Assert.Inconclusive("libtorch's autocast cannot be reached on this system.");
        var settings = new StepSettings
        {
            WeightDecay = 0.05,
            Precision = precision,
            MicroBatchSize = microBatchSize,
            Transfer = new() { Freeze = freeze, HeadEpochs = 1, UnfreezingEpochs = 2, FreezeBatchNorm = freezeBatchNorm },
        };

        var without = Steps(settings);
        var with = Steps(settings with { GradientCheckpointing = true });

        CollectionAssert.AreEquivalent(without.Keys, with.Keys);
        foreach (var (name, expected) in without)
            CollectionAssert.AreEqual(expected, with[name], name);
    }

    [LeakCheckedTestMethod]
    public void EachPartButTheLastIsComputedASecondTime()
    {
        Assert.AreEqual((1, 1, 1), Calls(checkpointing: false));
        Assert.AreEqual((2, 2, 1), Calls(checkpointing: true));
        Assert.AreEqual((1, 2, 1), Calls(checkpointing: true, Freezing.Gradual), "the first part is frozen");
        Assert.AreEqual((1, 1, 1), Calls(checkpointing: true, Freezing.Backbone), "the last part alone is trained");

        static (int First, int Block, int Last) Calls(bool checkpointing, Freezing freeze = Freezing.None)
        {
            using var network = new ConformerNetwork(ScoringModel.Architecture, seed: 1);
            var (first, block, last) = (0, 0, 0);
            Count<Conv2d>("conv1", () => first++);
            Count<Conv2d>("conv_trans_2.cnn_block.conv2", () => block++);
            Count<Linear>("conv_cls_head", () => last++);
            var transfer = new TransferOptions { Freeze = freeze, UnfreezingEpochs = 2 };
            Steps(network, new() { WeightDecay = 0, GradientCheckpointing = checkpointing, Transfer = transfer }, count: 1);
            return (first, block, last);

            void Count<TModule>(string name, Action then) where TModule : nn.Module<Tensor, Tensor> =>
                ((TModule)network.named_modules().First(module => module.name == name).module).register_forward_pre_hook((_, input) =>
                {
                    then();
                    return input;
                });
        }
    }

    private static Dictionary<string, Array> Steps(StepSettings settings)
    {
        var architecture = ScoringModel.Architecture with { DropRate = 0.1, AttentionDropRate = 0.1 };
        using var network = new ConformerNetwork(architecture, dropPath: 0.3, seed: 1);
        return Steps(network, settings, count: 3);
    }

    /// <summary>What steps leave, by name.</summary>
    private static Dictionary<string, Array> Steps(ConformerNetwork network, StepSettings settings, int count)
    {
        using var scope = NewDisposeScope();
        using var step = new TrainingStep(new ClassificationTask(network, labelSmoothing: 0.1), settings);
        step.BeginEpoch(1); // of gradual unfreezing over two: the coupling blocks are trained, and what is before them is not
        var losses = new List<double>();
        for (var i = 0; i < count; i++)
        {
            using var stepScope = NewDisposeScope();
            var (images, labels) = NoiseBatch.Of(5, seed: i);
            losses.Add(step.Run(images, labels, learningRate: 1e-3).ToDouble());
        }

        var left = new Dictionary<string, Array> { ["losses"] = losses.ToArray(), ["random"] = network.Random.State().bytes.ToArray() };
        foreach (var (name, gradient) in step.Weights.Named(step.Weights.Gradients))
            left[$"gradient of {name}"] = gradient.Values();
        foreach (var (name, tensor) in network.state_dict())
            left[name] = tensor.Values();
        return left;
    }
}
