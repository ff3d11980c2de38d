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
        var manifest = golden.Manifest;
        int height = manifest.GetProperty("height").GetInt32(), width = manifest.GetProperty("width").GetInt32();
        var images = manifest.GetProperty("images").EnumerateArray().Select(k => k.GetInt32()).ToArray();
        var seed = manifest.TryGetProperty("input_seed", out var given) ? given.GetInt32() : 0;
        using var network = new ConformerNetwork(golden.Architecture);
        using (var weights = PretrainedWeights.Open(golden.Path, golden.Architecture, strict: false))
            new NetworkWeights(network).CopyFrom(weights.Plan);
        network.eval();

        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        var channels = golden.Architecture.InputChannels;
        var pixels = images.SelectMany(k => Formula.Image(k, height, width, seed, channels)).ToArray();
        var (conv, transformer) = network.call(tensor(pixels).reshape(images.Length, channels, height, width));
        Assert.AreClose(golden.Logits.GetProperty("conv_cls").Numbers(), conv.Values(), Tolerance, "convolution head");
        Assert.AreClose(golden.Logits.GetProperty("tran_cls").Numbers(), transformer.Values(), Tolerance, "transformer head");
    }
}
