using System.Text.Json;
using Microsoft.ML.Conformer.Tests.Goldens;

namespace Microsoft.ML.Conformer.Tests.Onnx.Graph;

/// <summary>Class activation maps, class attention and rollout out of the graph, against the official code's (conformer-explain).</summary>
[TestClass]
public sealed class MapOutputsGoldenTests
{
    private const double CamTolerance = 1e-4, AttentionTolerance = 1e-5;

    public static IEnumerable<object?[]> Files => GoldenFiles.OfKind("conformer-explain").Cases();

    [TestMethod]
    [DynamicData(nameof(Files))]
    public void MapsAreThoseOfTheOfficialNetwork(string? file)
    {
        var golden = GoldenFiles.Read(file);
        var architecture = (ConformerArchitecture)GoldenArchitecture.Read(golden.GetProperty("constructor"));
        var weights = new FormulaWeights(ExportedGraph.Shapes(architecture), golden.GetProperty("weight_seed").GetInt32());
        var inputs = golden.GetProperty("inputs").EnumerateArray().ToList();
        Assert.AreNotEqual(0, inputs.Count);
        foreach (var input in inputs)
        {
            var (height, width) = (input.GetProperty("height").GetInt32(), input.GetProperty("width").GetInt32());
            var what = $"{file}, image {input.GetProperty("image")}, {height} x {width}";
            foreach (var dynamicImageSize in (bool[])[false, true])
            {
                using var graph = new ExportedGraph(architecture, weights, ExportedGraph.Settings(height, width) with
                {
                    Options = new OnnxExportOptions
                    {
                        AdditionalOutputs = OnnxOutputs.HeadLogits | OnnxOutputs.ClassActivationMaps | OnnxOutputs.ClassAttention |
                            OnnxOutputs.AttentionMaps,
                        DynamicImageSize = dynamicImageSize,
                    },
                });
                Check(graph, input, architecture.Depth, height, width, what);
            }
        }
    }

    private static void Check(ExportedGraph graph, JsonElement input, int depth, int height, int width, string what)
    {
        var image = Formula.Image(
            input.GetProperty("image").GetInt32(), height, width, input.GetProperty("input_seed").GetInt32());
        float[] Run(string output) => graph.Run<float>(output, image, 1, 3, height, width);
        void AreClose(string output, JsonElement expected, float[] actual, double tolerance) =>
            Assert.AreClose(expected.Numbers(), actual, tolerance, $"{what}, {output}");

        AreClose("conv_logits", input.GetProperty("logits").GetProperty("conv"), Run("conv_logits"), CamTolerance);
        AreClose("tran_logits", input.GetProperty("logits").GetProperty("tran"), Run("tran_logits"), CamTolerance);
        AreClose("cam", input.GetProperty("cam_raw"), Run("cam"), CamTolerance);

        var attention = input.GetProperty("last_block_class_attention");
        var classAttention = Run("class_attention"); // [1, depth, grid]
        var last = classAttention[(classAttention.Length / depth * (depth - 1))..];
        AreClose("class_attention", attention.GetProperty("mean_over_heads"), last, AttentionTolerance);
        var rollout = input.GetProperty("rollout");
        AreClose("rollout", rollout.GetProperty("class_row_patches"), Run("rollout"), AttentionTolerance);

        // Of each head, as they come out of the softmax: [1, heads, T, T].
        var weights = Run($"attention_{depth}");
        var tokens = last.Length + 1;
        float[][] rows = [.. weights.Chunk(tokens * tokens).Select(head => head[..tokens])];
        AreClose("attention", attention.GetProperty("per_head"), [.. rows.SelectMany(row => row[1..])], AttentionTolerance);
        AreClose("attention", attention.GetProperty("class_to_class"), [.. rows.Select(row => row[0])], AttentionTolerance);

        Assert.AreEqual(
            string.Join(" x ", input.GetProperty("feature_map_h_w").Numbers()),
            string.Join(" x ", graph.ShapeOf("cam", image, 1, 3, height, width)[2..]), what);
        Assert.AreEqual(
            string.Join(" x ", input.GetProperty("token_grid_h_w").Numbers()),
            string.Join(" x ", graph.ShapeOf("rollout", image, 1, 3, height, width)[1..]), what);
    }

    /// <summary>The patches' tokens after a block are what the up unit takes, and the last ones what the class token is normalized from.</summary>
    [TestMethod]
    public void TokenMapsHaveTheGridsOfPatchesAndTheTokensOfTheirBlocks()
    {
        var architecture = ExportedGraph.Micro with { Depth = 6, ChannelRatio = 0.25 };
        const int height = 70, width = 101; // 5 x 7 patches
        foreach (var dynamicImageSize in (bool[])[false, true])
        {
            using var graph = new ExportedGraph(architecture, ExportedGraph.Weights(architecture), ExportedGraph.Settings(height, width) with
            {
                Options = new OnnxExportOptions { AdditionalOutputs = OnnxOutputs.TokenMaps, DynamicImageSize = dynamicImageSize },
            });
            var images = (float[])[.. Formula.Image(0, height, width), .. Formula.Image(1, height, width)];
            var maps = new HashSet<float>();
            foreach (var level in architecture.FeatureLevels)
            {
                CollectionAssert.AreEqual((long[])[2, 24, 5, 7], graph.ShapeOf($"t{level}", images, 2, 3, height, width));
                var map = graph.Run<float>($"t{level}", images, 2, 3, height, width);
                Assert.IsTrue(map.All(float.IsFinite));
                Assert.IsTrue(maps.Add(map[0]), $"t{level} is that of another level");
                Assert.AreEqual(
                    dynamicImageSize ? "N, 24, patch_height, patch_width" : "N, 24, 5, 7", graph.DeclaredShape($"t{level}"));
            }
        }
    }
}
