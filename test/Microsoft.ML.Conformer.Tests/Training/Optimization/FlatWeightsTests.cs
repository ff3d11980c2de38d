using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Conformer.Training;
using Microsoft.ML.Conformer.Training.Classification;
using Microsoft.ML.Conformer.Training.Optimization;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Tests.Training.Optimization;

[TestClass]
public sealed class FlatWeightsTests
{
    private const string Frozen = "conv_cls_head.weight";

    [LeakCheckedTestMethod]
    public void NamesShapesAndValuesAreAsBefore()
    {
        using var network = Network();
        var before = Describe(network);

        using var weights = new FlatWeights(network, network.Architecture.IsDecayed);

        var after = Describe(network);
        CollectionAssert.AreEqual(before.Keys, after.Keys);
        foreach (var (name, (shape, values)) in before)
        {
            CollectionAssert.AreEqual(shape, after[name].Shape, name);
            CollectionAssert.AreEqual(values, after[name].Values, name);
        }

        static Dictionary<string, (long[] Shape, float[] Values)> Describe(ConformerNetwork network) =>
            network.state_dict().ToDictionary(tensor => tensor.Key, tensor => (tensor.Value.shape, tensor.Value.Values()));
    }

    [LeakCheckedTestMethod]
    public void ANetworkThatOnlyScoresHasTheLayoutAndNoGradients()
    {
        using var network = Network();
        using var scope = NewDisposeScope();
        var before = network.state_dict().ToDictionary(tensor => tensor.Key, tensor => tensor.Value.Values());

        using var weights = FlatWeights.WithoutGradients(network);

        Assert.AreEqual((0, 0L), (weights.Groups.Count, weights.Gradients.numel()));
        Assert.IsTrue(network.parameters().All(parameter => parameter.grad is null));
        foreach (var (name, values) in before)
            CollectionAssert.AreEqual(values, network.state_dict()[name].Values(), name);
        var strides = network.get_parameter("conv_1.conv2.weight")!.stride();
        Assert.AreEqual(1, strides[1], "the channels of a convolution are side by side");
    }

    /// <summary>Moving a network to another device disposes the tensors that it had.</summary>
    [LeakCheckedTestMethod]
    public void ItIsDisposedOfAfterTheNetworksTensorsAreGone()
    {
        var network = Network();
        var weights = new FlatWeights(network, network.Architecture.IsDecayed);
        network.Dispose();

        weights.Dispose();
    }

    [LeakCheckedTestMethod]
    public void EachTensorButTheCountersIsAPlaceInTheVector()
    {
        using var network = Network();
        using var weights = new FlatWeights(network, network.Architecture.IsDecayed);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var tensors = network.state_dict().Where(tensor => tensor.Value.is_floating_point()).ToList();
        CollectionAssert.AreEquivalent(network.state_dict().Keys.Except(tensors.Select(tensor => tensor.Key)).ToList(),
            weights.Counters.Keys.ToList());

        var named = weights.Named(weights.Values);
        CollectionAssert.AreEquivalent(tensors.Select(tensor => tensor.Key).ToList(), named.Keys);
        for (var i = 0; i < tensors.Count; i++)
            tensors[i].Value.fill_(i); // one after the other: an overlap would show
        for (var i = 0; i < tensors.Count; i++)
            Assert.IsTrue(named[tensors[i].Key].eq(i).all().ToBoolean(), $"{tensors[i].Key}, written in the network");

        weights.Values.copy_(arange(weights.Values.shape[0], ScalarType.Float32));
        foreach (var (name, tensor) in tensors)
            Assert.IsTrue(tensor.eq(named[name]).all().ToBoolean(), $"{name}, written in the vector");
        Assert.AreEqual(
            tensors.Sum(tensor => tensor.Value.numel()), tensors.SelectMany(tensor => tensor.Value.Values()).Distinct().Count());
    }

    /// <summary>Channels-last: the neighbor of a value is that of the next channel.</summary>
    [LeakCheckedTestMethod]
    public void ConvolutionsAreLaidOutChannelsLast()
    {
        using var network = Network();
        using var weights = new FlatWeights(network, network.Architecture.IsDecayed);

        var weight = network.get_parameter("conv1.weight")!;

        CollectionAssert.AreEqual(new long[] { 64, 3, 7, 7 }, weight.shape);
        CollectionAssert.AreEqual(new long[] { 3 * 7 * 7, 1, 7 * 3, 3 }, weight.stride());
    }

    /// <summary>Against a network whose tensors are its own.</summary>
    [LeakCheckedTestMethod]
    public void ABackwardPassAddsToTheVectorOfGradients()
    {
        using var scope = NewDisposeScope();
        using ConformerNetwork network = Network(), plain = Network();
        using var weights = new FlatWeights(network, network.Architecture.IsDecayed);
        var (images, labels) = NoiseBatch.Of(4);
        new ClassificationTask(plain, 0.1).Loss(plain.call(images), labels).backward();
        var task = new ClassificationTask(network, 0.1);

        for (var pass = 1; pass <= 2; pass++)
        {
            task.Loss(network.call(images), labels).backward();

            var gradients = weights.Named(weights.Gradients);
            var expected = plain.named_parameters().ToList();
            CollectionAssert.AreEquivalent(expected.Select(entry => entry.name).ToList(), gradients.Keys);
            foreach (var (name, parameter) in expected)
                Assert.AreClose(
                    (parameter.grad! * pass).Values(), gradients[name].Values(), 1e-6, $"{name} after {pass} passes", relative: 1e-4);
        }
    }

    [LeakCheckedTestMethod]
    public void FrozenParametersAndStatisticsComeAfterWhatIsTrained()
    {
        using var network = Network();
        network.get_parameter(Frozen)!.requires_grad = false;
        using var weights = new FlatWeights(network, network.Architecture.IsDecayed);
        Assert.AreEqual(2, weights.Groups.Count, "weights that are trained alike are one group");
        var (decayed, undecayed, others) = (weights.Groups[0].Place, weights.Groups[1].Place, weights.Others);

        Assert.AreEqual((0L, decayed.End, undecayed.End), (decayed.Start, undecayed.Start, others.Start));
        Assert.AreEqual((undecayed.End, others.End), (weights.Gradients.shape[0], weights.Values.shape[0]));
        var trained = network.named_parameters().Where(entry => entry.name != Frozen)
            .ToLookup(entry => network.Architecture.IsDecayed(entry.name, (int)entry.parameter.dim()), entry => entry.name);
        var statistics = network.named_buffers().Where(entry => entry.buffer.is_floating_point()).Select(entry => entry.name);
        CollectionAssert.AreEquivalent(trained[true].ToList(), NamesIn(decayed));
        CollectionAssert.AreEquivalent(trained[false].ToList(), NamesIn(undecayed));
        CollectionAssert.AreEquivalent(statistics.Append(Frozen).ToList(), NamesIn(others));

        List<string> NamesIn(FlatWeights.Span span)
        {
            using var scope = NewDisposeScope();
            var mark = zeros_like(weights.Values);
            span.Of(mark).fill_(1);
            return [.. weights.Named(mark).Where(entry => entry.Value.min().ToDouble() == 1).Select(entry => entry.Key)];
        }
    }

    [LeakCheckedTestMethod]
    public void AFrozenParameterStaysAsItIs()
    {
        using var scope = NewDisposeScope();
        using var network = Network();
        network.get_parameter(Frozen)!.requires_grad = false;
        using var step = new TrainingStep(new ClassificationTask(network, 0.1), new StepSettings { WeightDecay = 0.5 });
        float[] frozen = network.get_parameter(Frozen)!.Values(), trained = network.get_parameter("conv1.weight")!.Values();

        var (images, labels) = NoiseBatch.Of(4);
        step.Run(images, labels, learningRate: 0.1);

        CollectionAssert.AreEqual(frozen, network.get_parameter(Frozen)!.Values());
        CollectionAssert.AreNotEqual(trained, network.get_parameter("conv1.weight")!.Values());
    }

    [LeakCheckedTestMethod]
    public void ThePaddingStaysZeroInAStep()
    {
        using var scope = NewDisposeScope();
        using var network = Network();
        var settings = new StepSettings { WeightDecay = 0.5, MaxGradientNorm = 1 };
        using var step = new TrainingStep(new ClassificationTask(network, 0.1), settings);
        var isPadding = ones_like(step.Weights.Values);
        foreach (var place in step.Weights.Named(isPadding).Values)
            place.zero_();
        Assert.IsTrue(isPadding.sum().ToDouble() > 0);

        for (var i = 0; i < 2; i++)
        {
            var (images, labels) = NoiseBatch.Of(4, seed: i);
            step.Run(images, labels, learningRate: 0.1);
        }

        foreach (var vector in new[] { step.Weights.Values, step.Weights.Gradients, step.Optimizer.Mean, step.Optimizer.Square })
            Assert.AreEqual(0, (vector * isPadding.narrow(0, 0, vector.shape[0])).abs().max().ToDouble());
    }

    private static ConformerNetwork Network() => new(ScoringModel.Architecture, seed: 1);
}
