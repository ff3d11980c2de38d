using Microsoft.ML.Conformer.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Tests.Modeling;

[TestClass]
public sealed class ConformerNetworkTests
{
    private static readonly ConformerArchitecture _small =
        new() { NumClasses = 4, ChannelRatio = 0.25, EmbedDim = 48, NumHeads = 3, Depth = 3 };

    [TestMethod]
    [DataRow(DownSampling.Average, 0, null)]
    [DataRow(DownSampling.Maximum, 1, null)]
    [DataRow(DownSampling.Convolution, 2, 64)]
    public void EveryAblationForwardsAndHasItsLayoutsStateDict(DownSampling sampling, int bottlenecks, int? positions)
    {
        var architecture = _small with
        {
            DownSampling = sampling,
            BottlenecksPerBlock = bottlenecks,
            PositionEmbeddingImageSize = positions,
        };
        using var network = new ConformerNetwork(architecture);
        CollectionAssert.AreEquivalent(
            ConformerLayout.StateDict(architecture).Select(t => $"{t.Name} [{string.Join(",", t.Shape)}]").ToList(),
            network.state_dict().Select(e => $"{e.Key} [{string.Join(",", e.Value.shape)}]").ToList());
        using var scope = NewDisposeScope();
        var (conv, transformer) = network.call(zeros(2, 3, 64, 64));
        CollectionAssert.AreEqual(new long[] { 2, 4 }, conv.shape);
        CollectionAssert.AreEqual(new long[] { 2, 4 }, transformer.shape);
    }

    [TestMethod]
    public void MaximumSamplingDiffersFromAverageOnTheSameWeights()
    {
        using var average = new ConformerNetwork(_small, seed: 3);
        using var maximum = new ConformerNetwork(_small with { DownSampling = DownSampling.Maximum }, seed: 3);
        average.eval();
        maximum.eval();
        using var scope = NewDisposeScope();
        var image = linspace(-2, 2, 3 * 64 * 64).reshape(1, 3, 64, 64);
        var (averageConv, averageTransformer) = average.call(image);
        var (maximumConv, maximumTransformer) = maximum.call(image);
        var difference = (averageConv + averageTransformer - maximumConv - maximumTransformer).abs().max().ToDouble();
        Assert.IsTrue(difference > 1e-4, $"the logits differ by {difference} only");
    }

    [TestMethod]
    public void TheSeedFixesWeightsAndStochasticDepth()
    {
        static float[] Run(int seed)
        {
            using var network = new ConformerNetwork(_small, dropPath: 0.5, seed: seed);
            network.train();
            using var scope = NewDisposeScope();
            var image = linspace(-2, 2, 8 * 3 * 64 * 64).reshape(8, 3, 64, 64);
            return network.call(image).TransformerLogits.detach().data<float>().ToArray();
        }
        CollectionAssert.AreEqual(Run(1), Run(1));
        CollectionAssert.AreNotEqual(Run(1), Run(2));
    }

    [TestMethod]
    public void StochasticDepthActsInTrainingOnly()
    {
        using var network = new ConformerNetwork(_small, dropPath: 0.9, seed: 1);
        network.eval();
        using var scope = NewDisposeScope();
        var image = linspace(-2, 2, 3 * 64 * 64).reshape(1, 3, 64, 64);
        CollectionAssert.AreEqual(
            network.call(image).TransformerLogits.detach().data<float>().ToArray(),
            network.call(image).TransformerLogits.detach().data<float>().ToArray());
    }

    [TestMethod]
    public void WrongInputsAndArchitecturesSayWhatIsWrong()
    {
        var fault = Assert.ThrowsExactly<ArgumentException>(() => new ConformerNetwork(_small with { Depth = 5 }));
        StringAssert.Contains(fault.Message, "Depth is 5");
        using var network = new ConformerNetwork(_small with { PositionEmbeddingImageSize = 64 });
        using var scope = NewDisposeScope();
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => network.call(zeros(1, 1, 64, 64))).Message, "[1, 1, 64, 64]");
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => network.call(zeros(1, 3, 96, 64))).Message, "96 x 64");
    }
}
