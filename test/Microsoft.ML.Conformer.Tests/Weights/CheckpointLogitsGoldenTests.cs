using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Tests.Goldens;
using Microsoft.ML.Conformer.Weights;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Tests.Weights;

/// <summary>Every sound checkpoint that the manifests list, loaded into the network.</summary>
[TestClass]
public sealed class CheckpointLogitsGoldenTests
{
    private const double Tolerance = 1e-4;

    [TestMethod]
    [DynamicData(nameof(CheckpointGolden.Good), typeof(CheckpointGolden))]
    public void AFileGivesTheManifestsLogits(string? path)
    {
        var golden = CheckpointGolden.Open(path);
        var manifest = golden.Configuration;
        int height = manifest.GetProperty("height").GetInt32(), width = manifest.GetProperty("width").GetInt32();
        var images = manifest.GetProperty("images").EnumerateArray().Select(k => k.GetInt32()).ToArray();
        var seed = manifest.TryGetProperty("input_seed", out var given) ? given.GetInt32() : 0;
        using var network = GoldenArchitecture.CreateNetwork(golden.Architecture);
        using (var weights = PretrainedWeights.Open(golden.Path, golden.Architecture, strict: false))
            new NetworkWeights(network).CopyFrom(weights.Plan);
        network.eval();

        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        var channels = golden.Architecture.InputChannels;
        var pixels = images.SelectMany(k => Formula.Image(k, height, width, seed, channels)).ToArray();
        var logits = network.call(tensor(pixels).reshape(images.Length, channels, height, width));
        foreach (var (head, expected, actual) in golden.Architecture.Heads.Zip(golden.Logits, logits))
            Assert.AreClose(expected.Numbers(), actual.Values(), Tolerance, head.Layer);
    }
}
