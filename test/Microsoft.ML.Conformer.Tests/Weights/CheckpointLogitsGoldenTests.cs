using System.Text.Json;
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
    public void EveryFileGivesTheManifestsLogits()
    {
        foreach (var manifest in CheckpointManifest.Good())
        {
            var root = manifest.Root;
            int height = root.GetProperty("height").GetInt32(), width = root.GetProperty("width").GetInt32();
            var images = root.GetProperty("images").EnumerateArray().Select(k => k.GetInt32()).ToArray();
            var seed = root.TryGetProperty("input_seed", out var given) ? given.GetInt32() : 0;
            var channels = manifest.Architecture.InputChannels;
            var pixels = images.SelectMany(k => Formula.Image(k, height, width, seed, channels)).ToArray();
            foreach (var (path, facts) in manifest.Files())
            {
                using var network = new ConformerNetwork(manifest.ArchitectureOf(facts));
                using (var weights = PretrainedWeights.Open(path, network.Architecture, strict: false))
                    new NetworkWeights(network).CopyFrom(weights.Plan);
                network.eval();

                using var scope = NewDisposeScope();
                using var inference = inference_mode();
                var (conv, transformer) = network.call(tensor(pixels).reshape(images.Length, channels, height, width));
                var expected = root.GetProperty("expected_logits").GetProperty(facts.GetProperty("logits").GetString()!);
                AssertClose(expected.GetProperty("conv_cls"), conv, $"{path}, convolution head");
                AssertClose(expected.GetProperty("tran_cls"), transformer, $"{path}, transformer head");
            }
        }
    }

    private static void AssertClose(JsonElement expected, Tensor actual, string what)
    {
        var rows = expected.EnumerateArray().Select(row => row.EnumerateArray().Select(logit => logit.GetDouble()).ToArray()).ToArray();
        CollectionAssert.AreEqual(new long[] { rows.Length, rows[0].Length }, actual.shape, what);
        var values = actual.contiguous().data<float>().ToArray();
        for (var i = 0; i < values.Length; i++)
            Assert.AreEqual(rows[i / rows[0].Length][i % rows[0].Length], values[i], Tolerance, $"{what}, logit {i}");
    }
}
