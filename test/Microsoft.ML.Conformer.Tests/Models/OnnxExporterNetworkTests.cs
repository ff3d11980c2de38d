using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Tests.Goldens;
using Microsoft.ML.Conformer.Tests.Onnx;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Tests.Models;

/// <summary>What no golden file covers: the exported graph against the network itself.</summary>
[TestClass]
public sealed class OnnxExporterNetworkTests
{
    /// <summary>Largest difference of a logit that other kernels' rounding explains, for any network.</summary>
    private const double Tolerance = 1e-4;

    private static readonly ConformerArchitecture _deep = ExportedGraph.Micro with { Depth = 6 };

    private static readonly Dictionary<string, ConformerArchitecture> _architectures = new()
    {
        ["maximum"] = _deep with { DownSampling = DownSampling.Maximum },
        ["convolution"] = _deep with { DownSampling = DownSampling.Convolution },
        ["position embedding"] = ExportedGraph.Micro with { PositionEmbeddingImageSize = 72 },
        ["bottlenecks, no qkv bias, patch 32"] = _deep with { BottlenecksPerBlock = 2, QkvBias = false, PatchSize = 32 },
    };

    [TestMethod]
    [DataRow("maximum", 64, 48)]
    [DataRow("convolution", 64, 48)]
    [DataRow("position embedding", 72, 72)]
    [DataRow("bottlenecks, no qkv bias, patch 32", 70, 101)]
    public void LogitsEqualTheNetworks(string what, int height, int width)
    {
        var architecture = _architectures[what];
        using var network = new ConformerNetwork(architecture, seed: 3);
        network.eval();
        var weights = new NetworkWeights(network);
        weights.CopyFrom(new FormulaNoise(weights, network.state_dict().Keys));
        float[] images = [.. Formula.Image(0, height, width), .. Formula.Image(1, height, width)];

        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        var (conv, transformer) = network.call(tensor(images).reshape(2, 3, height, width));
        using var graph = new ExportedGraph(architecture, weights, ExportedGraph.Settings(height, width));

        Assert.AreClose(
            conv.Values(), graph.Run<float>("conv_logits", images, 2, 3, height, width), Tolerance, $"{what}, convolution head");
        Assert.AreClose(
            transformer.Values(), graph.Run<float>("tran_logits", images, 2, 3, height, width), Tolerance, $"{what}, transformer head");
    }

    /// <summary>
    /// A network's own weights, moved a little: statistics and biases that start as exact zeros and ones would hide that they are ignored.
    /// </summary>
    private sealed class FormulaNoise(IWeightSource source, IEnumerable<string> names) : IWeightSource
    {
        private readonly HashSet<string> _names = [.. names.Where(name => !name.EndsWith("num_batches_tracked", StringComparison.Ordinal))];

        public bool Contains(string name) => _names.Contains(name);

        public IReadOnlyList<long> Shape(string name) => source.Shape(name);

        public float[] Read(string name)
        {
            var hash = Formula.Hash(name);
            return [.. source.Read(name).Select((value, i) => (float)(value + 0.05 * Formula.Uniform(hash, (ulong)i)))];
        }
    }
}
