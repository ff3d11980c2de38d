using Microsoft.ML.Conformer.Onnx.Graph;
using Microsoft.ML.Conformer.Tests.Features;
using Microsoft.ML.Conformer.Tests.Goldens;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Tests.Onnx.Graph;

/// <summary>Embeddings, feature maps and attention maps against the reference's checkpoints and the network's own layers.</summary>
[TestClass]
public sealed class AdditionalOutputsTests
{
    private static readonly ConformerArchitecture _deep = ExportedGraph.Micro with { Depth = 6 };

    private static readonly (ImageFeatures Feature, string Output)[] _features =
    [
        (ImageFeatures.ConvEmbedding, "conv_embedding"),
        (ImageFeatures.TransformerEmbedding, "tran_embedding"),
        (ImageFeatures.C2, "c2"),
        (ImageFeatures.C3, "c3"),
        (ImageFeatures.C4, "c4"),
        (ImageFeatures.C5, "c5"),
    ];

    public static IEnumerable<object?[]> Goldens =>
        EvalGolden.WithCheckpoints.SelectMany(golden => (object?[][])[[golden[0], false], [golden[0], true]]);

    [TestMethod]
    [DynamicData(nameof(Goldens))]
    public void EmbeddingsAndFeatureMapsAreTheReferencesCheckpoints(string? file, bool dynamicImageSize)
    {
        var golden = EvalGolden.Open(file);
        var outputs = OnnxOutputs.Embeddings
            | (golden.Architecture.FeatureLevels.Count == 4 ? OnnxOutputs.FeatureMaps : OnnxOutputs.None);
        var weights = golden.Weights(ExportedGraph.Shapes(golden.Architecture));
        foreach (var @case in golden.Cases().Where(@case => @case.Checkpoints.Count > 0))
        {
            var settings = Settings(@case.Height, @case.Width, outputs, dynamicImageSize);
            using var graph = new ExportedGraph(golden.Architecture, weights, settings);
            var image = Formula.Image(@case.Images[0], @case.Height, @case.Width, @case.Seed, @case.Channels);
            foreach (var (feature, output) in _features.Where(pair => graph.OutputNames.Contains(pair.Output)))
            {
                var actual = graph.Run<float>(output, image, 1, @case.Channels, @case.Height, @case.Width);
                if (golden.CheckpointOf(feature) is not { } name)
                    continue;
                var (checkpoint, what) = (@case.Checkpoints[name], $"{@case.Height} x {@case.Width}, {output}");
                if (feature == ImageFeatures.TransformerEmbedding)
                    checkpoint.AssertBegins(actual, golden.Tolerance, what);
                else
                    checkpoint.AssertIs(actual, golden.Tolerance, what);
            }
        }
    }

    [TestMethod]
    [DataRow(64, 64, false, "N, 16, 16, 16", "N, 64, 2, 2", "N, 3, 17, 17")]
    [DataRow(70, 101, false, "N, 16, 20, 28", "N, 64, 3, 4", "N, 3, 36, 36")]
    [DataRow(70, 101, true, "N, 16, c2_height, c2_width", "N, 64, c5_height, c5_width", "N, 3, tokens, tokens")]
    public void OutputsHaveTheShapesThatTheFileDeclares(
        int height, int width, bool dynamicImageSize, string c2, string c5, string attention)
    {
        var architecture = _deep with { ChannelRatio = 0.25 };
        const OnnxOutputs all = OnnxOutputs.HeadLogits | OnnxOutputs.Embeddings | OnnxOutputs.FeatureMaps | OnnxOutputs.AttentionMaps;
        using var graph = new ExportedGraph(
            architecture, ExportedGraph.Weights(architecture), Settings(height, width, all, dynamicImageSize));

        string[] names =
        [
            "Score", "conv_logits", "tran_logits", "conv_embedding", "tran_embedding", "c2", "c3", "c4", "c5",
            .. Enumerable.Range(1, 6).Select(block => $"attention_{block}"),
        ];
        CollectionAssert.AreEqual(names, graph.OutputNames.ToArray());
        Assert.AreEqual("N, 64", graph.DeclaredShape("conv_embedding"));
        Assert.AreEqual("N, 24", graph.DeclaredShape("tran_embedding"));
        Assert.AreEqual((c2, c5, attention), (graph.DeclaredShape("c2"), graph.DeclaredShape("c5"), graph.DeclaredShape("attention_6")));
        float[] images = [.. Formula.Image(0, height, width), .. Formula.Image(1, height, width)];
        foreach (var name in names)
        {
            var actual = graph.ShapeOf(name, images, 2, 3, height, width);
            var declared = graph.DeclaredShape(name).Split(", ");
            Assert.AreEqual(declared.Length, actual.Length, name);
            Assert.AreEqual(2, actual[0], name);
            foreach (var (size, text) in actual.Zip(declared).Skip(1).Where(pair => char.IsDigit(pair.Second[0])))
                Assert.AreEqual(text, $"{size}", name);
        }
    }

    [TestMethod]
    public void AttentionMapsAreTheSoftmaxOfQueriesAndKeys()
    {
        const int side = 64, tokens = 17;
        var architecture = _deep with { ChannelRatio = 0.25 };
        var weights = ExportedGraph.Weights(architecture);
        var settings = Settings(side, side, OnnxOutputs.AttentionMaps, dynamicImageSize: false);
        using var graph = new ExportedGraph(architecture, weights, settings);
        var image = Formula.Image(0, side, side);

        var first = graph.Run<float>("attention_1", image, 1, 3, side, side);

        var expected = FirstAttention(architecture, weights, image, side);
        Assert.AreClose(expected, first, 1e-5, "attention_1");
        var both = graph.Run<float>("attention_1", [.. Formula.Image(1, side, side), .. image], 2, 3, side, side);
        Assert.AreClose(expected, both[first.Length..], 1e-5, "attention_1 of the second of two images");
        var others = Enumerable.Range(2, 5).Select(block => graph.Run<float>($"attention_{block}", image, 1, 3, side, side)).ToList();
        foreach (var map in others.Prepend(first))
            Assert.IsTrue(map.Chunk(tokens).All(row => Math.Abs(row.Sum() - 1) < 1e-5), "the weights of a token add up to 1");
        Assert.IsTrue(others.Prepend(first).Select(map => map[0]).Distinct().Count() == 6, "each block has a map of its own");
    }

    /// <summary>The first block's attention, [1, heads, T, T], by PyTorch's operators and the unfolded weights.</summary>
    private static double[] FirstAttention(ConformerArchitecture a, FormulaWeights weights, float[] image, int side)
    {
        using var scope = NewDisposeScope();
        Tensor W(string name) => tensor(weights.Read(name)).reshape([.. weights.Shape(name)]);
        var x = nn.functional.conv2d(tensor(image).reshape(1, 3, side, side), W("conv1.weight"), padding: [3, 3], strides: [2, 2]);
        x = nn.functional.batch_norm(
            x, W("bn1.running_mean"), W("bn1.running_var"), W("bn1.weight"), W("bn1.bias"), training: false, eps: 1e-5);
        x = nn.functional.max_pool2d(nn.functional.relu(x), 3L, stride: 2L, padding: 1L);
        x = nn.functional.conv2d(x, W("trans_patch_conv.weight"), W("trans_patch_conv.bias"), strides: [4, 4]);
        x = cat([W("cls_token"), x.flatten(2).transpose(1, 2)], 1);
        x = nn.functional.layer_norm(x, [a.EmbedDim], W("trans_1.norm1.weight"), W("trans_1.norm1.bias"), 1e-6);
        x = nn.functional.linear(x, W("trans_1.attn.qkv.weight"), W("trans_1.attn.qkv.bias"));
        var heads = x.reshape(1, x.shape[1], 3, a.NumHeads, a.HeadDim).permute(2, 0, 3, 1, 4).unbind(0);
        var scores = heads[0].matmul(heads[1].transpose(2, 3)) / Math.Sqrt(a.HeadDim);
        return Array.ConvertAll(nn.functional.softmax(scores, -1).contiguous().data<float>().ToArray(), value => (double)value);
    }

    private static OnnxGraphSettings Settings(int height, int width, OnnxOutputs outputs, bool dynamicImageSize) => new()
    {
        ImageHeight = height,
        ImageWidth = width,
        Options = new OnnxExportOptions { AdditionalOutputs = outputs, DynamicImageSize = dynamicImageSize },
    };
}
