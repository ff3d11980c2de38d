using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Tests.Goldens;
using Microsoft.ML.Conformer.Weights.Torch;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Tests.Networks.Conformer;

[TestClass]
public sealed class ConformerNetworkGoldenTests
{
    [TestMethod]
    public void LogitsEqualTheReferenceOnEveryGolden()
    {
        foreach (var golden in EvalGolden.All())
        {
            using var network = Build(golden);
            foreach (var @case in golden.Cases())
            {
                var what = $"{golden}, {@case.Height} x {@case.Width}";
                using var scope = NewDisposeScope();
                using var inference = inference_mode();
                var images = tensor(@case.Pixels()).reshape(@case.Images.Length, @case.Channels, @case.Height, @case.Width);
                var (conv, transformer) = network.call(images);
                AssertClose(@case.ConvLogits, conv, golden.Tolerance, $"{what}, convolution head");
                AssertClose(@case.TransformerLogits, transformer, golden.Tolerance, $"{what}, transformer head");
            }
        }
    }

    [TestMethod]
    public void ChannelsLastGivesTheSameLogits()
    {
        var golden = EvalGolden.All().FirstOrDefault(g => g.IsSmall);
        if (golden is null)
            Assert.Inconclusive("No small golden network.");
        using var network = Build(golden);
        network.ToChannelsLast();
        var @case = golden.Cases().First();
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        var planar = tensor(@case.Pixels()).reshape(@case.Images.Length, @case.Channels, @case.Height, @case.Width);
        var (conv, _) = network.call(ConformerNetwork.ChannelsLast(planar));
        AssertClose(@case.ConvLogits, conv, golden.Tolerance, $"{golden}, channels-last");
    }

    [TestMethod]
    public void StateDictsHaveTheReferencesNamesShapesOrderAndCount()
    {
        foreach (var golden in EvalGolden.All())
        {
            if (golden.StateDict is not { } expected)
                continue;
            using var network = new ConformerNetwork(golden.Architecture);
            var actual = network.state_dict().ToDictionary(e => e.Key, e => string.Join(",", e.Value.shape));
            CollectionAssert.AreEquivalent(
                expected.Select(e => $"{e.Name} [{string.Join(",", e.Shape)}]").ToList(),
                actual.Select(e => $"{e.Key} [{e.Value}]").ToList(), golden.ToString());
            if (golden.ParameterCount is { } count)
                Assert.AreEqual(count, network.parameters().Sum(p => p.numel()), golden.ToString());
        }
    }

    private static ConformerNetwork Build(EvalGolden golden)
    {
        var network = new ConformerNetwork(golden.Architecture);
        network.eval();
        new NetworkWeights(network).CopyFrom(golden.Weights(network.state_dict().ToDictionary(e => e.Key, e => e.Value.shape)));
        return network;
    }

    private static void AssertClose(double[][] expected, Tensor actual, double tolerance, string what)
    {
        var values = actual.contiguous().data<float>().ToArray();
        var worst = expected.SelectMany(row => row).Zip(values, (e, a) => Math.Abs(e - a)).Aggregate(0.0, Math.Max); // Max() skips NaN
        Assert.AreEqual(expected.Sum(row => row.Length), values.Length, what);
        Assert.IsTrue(worst <= tolerance, $"{what}: a logit is {worst:g3} off, {tolerance:g3} allowed.");
    }
}
