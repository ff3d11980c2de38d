using Microsoft.ML.Conformer.Onnx;
using Microsoft.ML.Conformer.Onnx.Graph;
using Microsoft.ML.Conformer.Tests.Goldens;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Conformer.Tests.Onnx.Graph;

/// <summary>One graph for images of any size, against the reference and against graphs of one size each.</summary>
[TestClass]
public sealed class DynamicImageSizeTests
{
    private static readonly ConformerArchitecture _deep = ExportedGraph.Micro with { Depth = 6 };

    private static readonly Dictionary<string, ConformerArchitecture> _architectures = new()
    {
        ["average"] = ExportedGraph.Micro,
        ["maximum"] = _deep with { DownSampling = DownSampling.Maximum },
        ["convolution"] = _deep with { DownSampling = DownSampling.Convolution },
        ["bottlenecks, patch 32"] = _deep with { BottlenecksPerBlock = 1, PatchSize = 32 },
    };

    [TestMethod]
    [DynamicData(nameof(EvalGolden.WithLogits), typeof(EvalGolden))]
    public void OneGraphGivesTheLogitsOfTheReferenceAtEverySize(string? file)
    {
        var golden = EvalGolden.Open(file);
        using var graph = new ExportedGraph(
            golden.Architecture, golden.Weights(ExportedGraph.Shapes(golden.Architecture)), Dynamic(ExportedGraph.Settings(224, 224)));
        foreach (var @case in golden.Cases())
        {
            long[] shape = [@case.Images.Length, @case.Channels, @case.Height, @case.Width];
            var images = @case.Pixels();
            foreach (var (head, expected) in golden.Architecture.Heads.Zip(@case.Logits))
                Assert.AreClose(
                    expected.SelectMany(row => row), graph.Run<float>(head.LogitsName, images, shape), golden.Tolerance,
                    $"{@case.Height} x {@case.Width}, {head.Layer}");
        }
    }

    [TestMethod]
    [DataRow("average")]
    [DataRow("maximum")]
    [DataRow("convolution")]
    [DataRow("bottlenecks, patch 32")]
    public void EverySizeGivesWhatAGraphOfThatSizeGives(string what)
    {
        var architecture = _architectures[what];
        var weights = ExportedGraph.Weights(architecture);
        using var any = new ExportedGraph(architecture, weights, Dynamic(ExportedGraph.Settings(64, 64)));
        foreach (var (height, width) in new[] { (64, 64), (1, 1), (33, 47), (70, 101), (16, 160), (129, 65) })
        {
            float[] images = [.. Formula.Image(0, height, width), .. Formula.Image(1, height, width)];
            using var one = new ExportedGraph(architecture, weights, ExportedGraph.Settings(height, width));
            foreach (var output in (string[])["conv_logits", "tran_logits", "Score"])
            {
                var (expected, actual) = (
                    one.Run<float>(output, images, 2, 3, height, width), any.Run<float>(output, images, 2, 3, height, width));
                Assert.AreClose(expected, actual, 1e-5, $"{height} x {width}, {output}");
            }
        }
    }

    [TestMethod]
    public void ASizeThatWindowsDoNotDivideIsAnErrorThoughTheValuesMakeWholeWindows()
    {
        var architecture = new ConTNetArchitecture
        {
            NumClasses = 3,
            StemWidth = 8,
            Stages = [new() { MlpWidth = 8, NumHeads = 1, FirstWindow = 2, SecondWindow = 2 }],
        };
        using var any = new ExportedGraph(architecture, ExportedGraph.Weights(architecture), Dynamic(ExportedGraph.Settings(16, 16)));
        float[] Images(int side) => [.. Enumerable.Range(0, 4).SelectMany(image => Formula.Image(image, side, side))];
        Assert.AreEqual(4 * 3, any.Run<float>("Score", Images(24), 4, 3, 24, 24).Length);

        // 4 images of 3 x 3 pixels after the stem have as many as 9 windows of 2 x 2.
        Assert.ThrowsExactly<OnnxRuntimeException>(() => any.Run<float>("Score", Images(12), 4, 3, 12, 12));
    }

    [TestMethod]
    public void PixelsOfAnySizeAreNormalizedToo()
    {
        var weights = ExportedGraph.Weights(ExportedGraph.Micro);
        var settings = ExportedGraph.Settings(40, 56) with { InputKind = OnnxInputKind.PixelsNhwc };
        using var any = new ExportedGraph(ExportedGraph.Micro, weights, Dynamic(settings));
        using var one = new ExportedGraph(ExportedGraph.Micro, weights, settings);
        var pixels = Array.ConvertAll(Formula.Image(0, 40, 56), value => MathF.Round(100 + 40 * value));

        var expected = one.Run<float>("Score", pixels, 1, 40, 56, 3);

        Assert.AreClose(expected, any.Run<float>("Score", pixels, 1, 40, 56, 3), 1e-5, "Score");
    }

    private static OnnxGraphSettings Dynamic(OnnxGraphSettings settings) => settings with
    {
        Options = new OnnxExportOptions { DynamicImageSize = true, AdditionalOutputs = settings.Options.AdditionalOutputs },
    };
}
