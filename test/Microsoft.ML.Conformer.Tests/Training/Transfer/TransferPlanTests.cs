using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Conformer.Training;
using Microsoft.ML.Conformer.Training.Classification;
using Microsoft.ML.Conformer.Training.Optimization;
using Microsoft.ML.Conformer.Training.Transfer;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Tests.Training.Transfer;

/// <summary>
/// Runs of a small network of five layers on gray images, and what of it they change. Frozen weights would shrink by weight decay, and
/// frozen statistics move, if they were touched.
/// </summary>
[TestClass]
public sealed class TransferPlanTests
{
    private const int Epochs = 4;

    private static readonly TransferOptions _gradual = new() { Freeze = Freezing.Gradual, HeadEpochs = 2, UnfreezingEpochs = 2 };

    private static readonly TrainingSettings _settings =
        ScriptedRun.With(recipe => recipe with { Epochs = Epochs, WarmupEpochs = 0 });

    [LeakCheckedTestMethod]
    public void GradualUnfreezingTrainsTheLayersOfEachEpochAndLeavesTheOthersAsTheyAreToTheBit()
    {
        var news = new List<string>();

        var changed = Train(_gradual, tell: news.Add);

        string[] expected = ["4", "4", "2 3 4", "0 1 2 3 4"];
        CollectionAssert.AreEqual(
            expected,
            changed.Select(names => string.Join(' ', names.Select(ScoringModel.Architecture.LayerOf).Distinct().Order())).ToList());
        CollectionAssert.AreEqual(
            new[]
            {
                "In epoch 1 the layer of the heads alone is trained; the 4 layers below are frozen.",
                "In epoch 3 layers 2-4 are trained; the 2 below are frozen.",
                "From epoch 4 on the whole network is trained.",
            },
            news);
    }

    [LeakCheckedTestMethod]
    [DataRow(1, 1, new[] { 1, 1, 1, 1, 0 }, DisplayName = "all at once")]
    [DataRow(2, 4, new[] { 5, 4, 3, 2, 0 }, DisplayName = "one after the other")]
    [DataRow(1, 3, new[] { 3, 2, 1, 1, 0 }, DisplayName = "more layers than epochs")]
    [DataRow(1, 8, new[] { 7, 5, 3, 1, 0 }, DisplayName = "more epochs than layers")]
    public void LayersJoinEvenlyFromTheHeadsDownAndAllAreTrainedInTheLastOfTheEpochs(int headEpochs, int unfreezing, int[] firstEpochs)
    {
        using var network = new ConformerNetwork(ScoringModel.Architecture, seed: 1);
        var plan = new TransferPlan(
            network, new() { Freeze = Freezing.Gradual, HeadEpochs = headEpochs, UnfreezingEpochs = unfreezing });

        string[] tensors = ["conv1.weight", "trans_1.norm1.bias", "conv_trans_2.fusion_block.bn1.weight", "conv_trans_3.trans_block.norm1.bias",
            "trans_norm.weight"];
        CollectionAssert.AreEqual(firstEpochs, tensors.Select(tensor => plan.RuleOf(tensor, dimensions: 1).FirstEpoch).ToArray());
        Assert.IsLessThan(headEpochs + unfreezing, firstEpochs.Max());
        Assert.AreEqual(firstEpochs.Max(), plan.LastStart);
    }

    [LeakCheckedTestMethod]
    [DataRow(null, false)]
    [DataRow(1, false)]
    [DataRow(null, true)]
    public void OfAFrozenBackboneTheHeadsAloneChange(int? microBatchSize, bool checkpointing)
    {
        var news = new List<string>();

        var changed = Train(new() { Freeze = Freezing.Backbone }, settings => settings with
        {
            MicroBatchSize = microBatchSize,
            GradientCheckpointing = checkpointing,
            MaxGradientNorm = 1,
        }, news.Add);

        foreach (var names in changed)
            CollectionAssert.AreEquivalent(
                new[] { "conv_cls_head.weight", "conv_cls_head.bias", "trans_cls_head.weight", "trans_cls_head.bias" }, names);
        CollectionAssert.AreEqual(new[] { "The network is frozen but for its heads." }, news);
    }

    /// <summary>Counters of batches are statistics too.</summary>
    [LeakCheckedTestMethod]
    public void FrozenBatchNormsKeepStatisticsScalesAndOffsetsAndAllElseIsTrained()
    {
        var changed = Train(new() { FreezeBatchNorm = true })[^1];

        using var network = new ConformerNetwork(ScoringModel.Architecture, seed: 1);
        var names = network.state_dict().Keys.ToList();
        var norms = names.Where(name => name.EndsWith("running_mean", StringComparison.Ordinal))
            .Select(name => name[..name.LastIndexOf('.')]).ToHashSet();
        var others = names.Where(name => !norms.Contains(name[..Math.Max(0, name.LastIndexOf('.'))])).ToList();
        CollectionAssert.IsSubsetOf(changed.ToList(), others);
        Assert.IsGreaterThan(others.Count / 2, changed.Count);
        Assert.AreEqual(network.named_buffers().Count() / 3, norms.Count);
    }

    /// <summary>The blocks of a frozen network draw nothing, and so drop nothing.</summary>
    [LeakCheckedTestMethod]
    public void NothingIsDroppedInFrozenBlocks()
    {
        using var scope = NewDisposeScope();
        using var network = new ConformerNetwork(ScoringModel.Architecture with { DropRate = 0.2 }, dropPath: 0.5, seed: 1);
        var before = network.Random.State().bytes.ToArray();

        Train(network, new() { Freeze = Freezing.Backbone });

        CollectionAssert.AreEqual(before, network.Random.State().bytes.ToArray());
        Train(network, new() { Freeze = Freezing.None });
        CollectionAssert.AreNotEqual(before, network.Random.State().bytes.ToArray());
    }

    [LeakCheckedTestMethod]
    public void ClippingCountsTheGradientsOfWhatIsTrained()
    {
        using var scope = NewDisposeScope();
        using var network = new ConformerNetwork(ScoringModel.Architecture, seed: 1);
        var settings = new StepSettings { WeightDecay = 0, MaxGradientNorm = 1e-3, Transfer = _gradual };
        using var step = new TrainingStep(new ClassificationTask(network, labelSmoothing: 0.1), settings);
        step.BeginEpoch(0);
        var (images, labels) = NoiseBatch.Of(4);

        step.Run(images, labels, learningRate: 1e-3);

        var gradients = step.Weights.Named(step.Weights.Gradients);
        Assert.AreEqual(1e-3, step.Weights.Gradients.norm().ToDouble(), 1e-6);
        foreach (var (name, gradient) in gradients)
            Assert.AreEqual(network.Architecture.LayerOf(name) < 4, gradient.Values().All(value => value == 0), name);
    }

    [LeakCheckedTestMethod]
    public void HeadsHaveARateOfTheirOwnAndTheNormBeforeThemHasNot()
    {
        using var network = new ConformerNetwork(ScoringModel.Architecture, seed: 1);
        var plan = new TransferPlan(network, new() { HeadLearningRateFactor = 10, LayerDecay = 0.5 });

        Assert.AreEqual(new WeightRule(IsDecayed: true, 10), plan.RuleOf("conv_cls_head.weight", 2));
        Assert.AreEqual(new WeightRule(IsDecayed: false, 10), plan.RuleOf("trans_cls_head.bias", 1));
        Assert.AreEqual(new WeightRule(IsDecayed: false, 1), plan.RuleOf("trans_norm.weight", 1));
        Assert.AreEqual(new WeightRule(IsDecayed: true, 0.5), plan.RuleOf("conv_trans_3.cnn_block.conv1.weight", 4));
    }

    private static List<List<string>> Train(
        TransferOptions transfer, Func<StepSettings, StepSettings>? change = null, Action<string>? tell = null)
    {
        using var network = new ConformerNetwork(ScoringModel.Architecture, dropPath: 0.1, seed: 1);
        return Train(network, transfer, change, tell);
    }

    /// <summary>The tensors that each epoch changed, by name.</summary>
    private static List<List<string>> Train(
        ConformerNetwork network, TransferOptions transfer, Func<StepSettings, StepSettings>? change = null, Action<string>? tell = null)
    {
        var step = _settings.Step with { Transfer = transfer };
        var (changed, before) = (new List<List<string>>(), Snapshot());
        TrainingLoop.Run(
            new ClassificationTask(network, labelSmoothing: 0.1), _settings with { Step = change?.Invoke(step) ?? step },
            new SameImages(batches: 2, batchSize: 4), null,
            new TrainingHost { Tell = tell ?? (_ => { }), Report = (progress, _) => Note(progress.EpochEnded) }, CancellationToken.None);
        return changed;

        void Note(bool epochEnded)
        {
            if (!epochEnded)
                return;
            var after = Snapshot();
            changed.Add([.. after.Keys.Where(name => !after[name].SequenceEqual(before[name]))]);
            before = after;
        }

        Dictionary<string, float[]> Snapshot()
        {
            using var scope = NewDisposeScope();
            return network.state_dict().ToDictionary(tensor => tensor.Key, tensor => tensor.Value.Values());
        }
    }
}
