using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Networks.Layers;
using Microsoft.ML.Conformer.Tests.Goldens;
using Microsoft.ML.Conformer.Training.Optimization;
using Microsoft.ML.Conformer.Weights.Torch;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Tests.Networks;

[TestClass]
public sealed class NetworkGoldenTests
{
    [TestMethod]
    [DynamicData(nameof(EvalGolden.WithLogits), typeof(EvalGolden))]
    public void LogitsEqualTheReference(string? file) => Check(EvalGolden.Open(file), channelsLast: false);

    [TestMethod]
    [DynamicData(nameof(EvalGolden.SmallWithLogits), typeof(EvalGolden))]
    public void ChannelsLastGivesTheSameLogits(string? file) => Check(EvalGolden.Open(file), channelsLast: true);

    [TestMethod]
    [DynamicData(nameof(EvalGolden.WithStateDict), typeof(EvalGolden))]
    public void StateDictsHaveTheReferencesNamesShapesOrderAndCount(string? file)
    {
        var golden = EvalGolden.Open(file);
        using var network = GoldenArchitecture.CreateNetwork(golden.Architecture);
        CollectionAssert.AreEquivalent(
            golden.StateDict!.Select(e => $"{e.Name} [{string.Join(",", e.Shape)}]").ToList(),
            network.state_dict().Select(e => $"{e.Key} [{string.Join(",", e.Value.shape)}]").ToList());
        if (golden.ParameterCount is { } count)
            Assert.AreEqual(count, network.parameters().Sum(p => p.numel()));
    }

    private static void Check(EvalGolden golden, bool channelsLast)
    {
        using var network = Build(golden);
        using var layout = channelsLast ? new FlatWeights(network, network.Architecture.IsDecayed) : null;
        foreach (var @case in golden.Cases())
        {
            var what = $"{@case.Height} x {@case.Width}";
            using var scope = NewDisposeScope();
            using var inference = inference_mode();
            var images = tensor(@case.Pixels()).reshape(@case.Images.Length, @case.Channels, @case.Height, @case.Width);
            var logits = network.call(channelsLast ? ChannelsLast.Of(images) : images);
            foreach (var (head, expected, actual) in golden.Architecture.Heads.Zip(@case.Logits, logits))
                Assert.AreClose(expected.SelectMany(row => row), actual.Values(), golden.Tolerance, $"{what}, {head.Layer}");
        }
    }

    private static VisionNetwork Build(EvalGolden golden)
    {
        var network = GoldenArchitecture.CreateNetwork(golden.Architecture);
        network.eval();
        var shapes = golden.Architecture.StateDict().Where(tensor => !tensor.IsPositionIndex) // which the network computes
            .ToDictionary(tensor => tensor.Name, tensor => tensor.Shape.ToArray());
        new NetworkWeights(network).CopyFrom(golden.Weights(shapes));
        return network;
    }
}
