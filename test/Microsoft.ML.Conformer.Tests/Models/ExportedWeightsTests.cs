using Microsoft.ML.Conformer.Models;
using Microsoft.ML.Conformer.Onnx;
using Microsoft.ML.Conformer.Onnx.Format;
using Microsoft.ML.Conformer.Onnx.Graph;
using Microsoft.ML.Conformer.Tests.Onnx;

namespace Microsoft.ML.Conformer.Tests.Models;

[TestClass]
public sealed class ExportedWeightsTests
{
    private const int Side = 64;

    [TestMethod]
    [DataRow(3, 16, 0, DownSampling.Average)]
    [DataRow(6, 16, 1, DownSampling.Average)]
    [DataRow(3, 32, 0, DownSampling.Maximum)]
    [DataRow(3, 16, 0, DownSampling.Convolution)]
    public void ExportingAnExportedNetworkGivesTheSameConstants(int depth, int patchSize, int bottlenecks, DownSampling downSampling)
    {
        var architecture = ExportedGraph.Micro with
        {
            // With 16 channels a head the factor of the queries is a power of two.
            EmbedDim = 48,
            Depth = depth,
            PatchSize = patchSize,
            BottlenecksPerBlock = bottlenecks,
            DownSampling = downSampling,
        };
        var settings = ExportedGraph.Settings(Side, Side);
        var first = ExportedGraph.Export(architecture, ExportedGraph.Weights(architecture), settings);
        var second = ExportAgain(first, settings);

        CollectionAssert.AreEqual(first, second);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void AGraphThatTakesPixelsIsExportedAgainAsOneThatTakesNormalizedImages(bool qkvBias)
    {
        var architecture = ExportedGraph.Micro with { QkvBias = qkvBias };
        var settings = ExportedGraph.Settings(Side, Side);
        var pixels = ExportedGraph.Export(
            architecture, ExportedGraph.Weights(architecture), settings with { InputKind = OnnxInputKind.PixelsNchw });
        var (again, weights) = Open(pixels);
        using var normalized = new ExportedGraph(again, weights, settings);
        using var direct = new ExportedGraph(architecture, ExportedGraph.Weights(architecture), settings);

        float[] image = [.. Enumerable.Range(0, 3 * Side * Side).Select(i => MathF.Sin(i))];
        foreach (var output in (string[])["conv_logits", "tran_logits"])
        {
            var (expected, actual) = (
                direct.Run<float>(output, image, 1, 3, Side, Side), normalized.Run<float>(output, image, 1, 3, Side, Side));
            var worst = expected.Zip(actual, (e, a) => Math.Abs(e - a)).Aggregate(0f, Math.Max);
            Assert.IsTrue(worst < 2e-5, $"{output}: {worst:g3}"); // the goldens' tolerance for small networks
        }
    }

    [TestMethod]
    public void AFileWithOtherConstantsThanItsNetworkTakesIsRefusedByName()
    {
        var deeper = ExportedGraph.Micro with { Depth = 6 };
        var file = ExportedGraph.Export(
            ExportedGraph.Micro, ExportedGraph.Weights(ExportedGraph.Micro), ExportedGraph.Settings(Side, Side));
        var metadata = OnnxModelMetadata.Parse(OnnxMetadataEntries.Read(file)) with { Architecture = deeper };

        var error = Assert.ThrowsExactly<FormatException>(() => new ExportedWeights(new OnnxFileContents(file), metadata));
        StringAssert.Contains(error.Message, "'conv_trans_2.cnn_block.conv1.weight'"); // of another stage there
    }

    [TestMethod]
    public void DamagedFilesAreRefused()
    {
        var file = ExportedGraph.Export(
            ExportedGraph.Micro, ExportedGraph.Weights(ExportedGraph.Micro), ExportedGraph.Settings(Side, Side));
        var random = new Random(3);
        for (var i = 0; i < 300; i++)
        {
            var damaged = file[..random.Next(file.Length)];
            for (var change = 0; change < 3 && damaged.Length > 0; change++)
                damaged[random.Next(Math.Min(damaged.Length, 2000))] = (byte)random.Next(256);
            try
            {
                _ = new OnnxFileContents(damaged);
            }
            catch (FormatException)
            {
                // Nothing else may come.
            }
        }
        Assert.ThrowsExactly<FormatException>(() => new OnnxFileContents(file[..^1000]));
    }

    private static byte[] ExportAgain(byte[] file, OnnxGraphSettings settings)
    {
        var (architecture, weights) = Open(file);
        return ExportedGraph.Export(architecture, weights, settings);
    }

    private static (ConformerArchitecture Architecture, ExportedWeights Weights) Open(byte[] file)
    {
        var weights = new ExportedWeights(new OnnxFileContents(file), OnnxModelMetadata.Parse(OnnxMetadataEntries.Read(file)));
        return (weights.Architecture, weights);
    }
}
