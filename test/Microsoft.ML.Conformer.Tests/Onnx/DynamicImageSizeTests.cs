using Microsoft.ML.Conformer.Modeling;
using Microsoft.ML.Conformer.Onnx;
using Microsoft.ML.Conformer.Tests.Goldens;

namespace Microsoft.ML.Conformer.Tests.Onnx;

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
    public void OneGraphGivesTheLogitsOfTheReferenceAtEverySizeOfEveryGolden()
    {
        foreach (var golden in EvalGolden.All())
        {
            using var graph = new ExportedGraph(
                golden.Architecture, golden.Weights(ExportedGraph.Shapes(golden.Architecture)), Dynamic(ExportedGraph.Settings(224, 224)));
            foreach (var @case in golden.Cases())
            {
                long[] shape = [@case.Images.Length, @case.Channels, @case.Height, @case.Width];
                var images = @case.Pixels();
                foreach (var (output, expected) in new[]
                {
                    ("conv_logits", @case.ConvLogits), ("tran_logits", @case.TransformerLogits),
                })
                {
                    var worst = Difference([.. expected.SelectMany(row => row)], graph.Run<float>(output, images, shape));
                    Assert.IsTrue(worst <= golden.Tolerance, $"{golden}, {@case.Height} x {@case.Width}, {output}: {worst:g3}");
                }
            }
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
                var worst = Difference(
                    Array.ConvertAll(one.Run<float>(output, images, 2, 3, height, width), value => (double)value),
                    any.Run<float>(output, images, 2, 3, height, width));
                Assert.IsTrue(worst < 1e-5, $"{height} x {width}, {output}: {worst:g3}");
            }
        }
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

        Assert.IsTrue(Difference(Array.ConvertAll(expected, v => (double)v), any.Run<float>("Score", pixels, 1, 40, 56, 3)) < 1e-5);
    }

    private static OnnxGraphSettings Dynamic(OnnxGraphSettings settings) => settings with
    {
        Options = new OnnxExportOptions { DynamicImageSize = true, AdditionalOutputs = settings.Options.AdditionalOutputs },
    };

    private static double Difference(double[] expected, float[] actual)
    {
        Assert.AreEqual(expected.Length, actual.Length);
        return expected.Zip(actual, (e, a) => Math.Abs(e - a)).Aggregate(0.0, Math.Max); // Max() skips NaN
    }
}
