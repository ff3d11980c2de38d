using Microsoft.ML.Conformer.Models;
using Microsoft.ML.Conformer.Models.Loading;
using Microsoft.ML.Conformer.Onnx;
using Microsoft.ML.Conformer.Onnx.Format;
using Microsoft.ML.Conformer.Onnx.Graph;
using Microsoft.ML.Conformer.Tests.Data.Images;
using Microsoft.ML.Conformer.Tests.Features;
using Microsoft.ML.Conformer.Tests.Goldens;
using Microsoft.ML.Conformer.Tests.Onnx;
using Microsoft.ML.Conformer.Tests.Weights;

namespace Microsoft.ML.Conformer.Tests.Models;

/// <summary>Graphs made of an exported file's constants.</summary>
[TestClass]
public sealed class ReexportTests
{
    private const int Side = 64;

    private static readonly string[] _labels = ["a", "b", "c", "d", "e"];

    private static readonly Dictionary<string, ConformerArchitecture> _architectures = new()
    {
        ["plain"] = ExportedGraph.Micro,
        ["deeper, bottlenecks"] = ExportedGraph.Micro with { Depth = 6, BottlenecksPerBlock = 1 },
        ["patch 32, maximum"] = ExportedGraph.Micro with { PatchSize = 32, DownSampling = DownSampling.Maximum },
        ["convolution, no qkv bias"] = ExportedGraph.Micro with { DownSampling = DownSampling.Convolution, QkvBias = false },
        ["position embedding"] = ExportedGraph.Micro with { PositionEmbeddingImageSize = Side },
    };

    [TestMethod]
    [DataRow("plain")]
    [DataRow("deeper, bottlenecks")]
    [DataRow("patch 32, maximum")]
    [DataRow("convolution, no qkv bias")]
    [DataRow("position embedding")]
    public void TheSameInputGivesTheSameBytes(string what)
    {
        foreach (var input in Enum.GetValues<OnnxInputKind>())
        {
            var first = ExportedGraph.Export(_architectures[what], new CountedWeights(_architectures[what]), Settings(input));
            CollectionAssert.AreEqual(first, ExportedGraph.Write(Rebuild(first, Settings(input))), $"{input}");
        }
    }

    [TestMethod]
    public void AnotherInputGivesTheSameScores()
    {
        var kinds = Enum.GetValues<OnnxInputKind>();
        var architecture = _architectures["convolution, no qkv bias"];
        var photo = FormulaImage.Rgb(Side, Side).Pixels[..(3 * Side * Side)];
        var pixels = Array.ConvertAll(photo, pixel => (float)pixel);
        foreach (var (from, to) in kinds.SelectMany(from => kinds.Except([from]).Select(to => (from, to))))
        {
            using var direct = new ExportedGraph(OnnxExporter.Build(architecture, ExportedGraph.Weights(architecture), Settings(to)));
            using var again = new ExportedGraph(Rebuild(Export(architecture, from), Settings(to)));
            float[] Scores(ExportedGraph graph) => to switch
            {
                OnnxInputKind.PhotosNhwc => graph.Run<float>("Score", photo, 1, Side, Side, 3),
                OnnxInputKind.PixelsNhwc => graph.Run<float>("Score", pixels, 1, Side, Side, 3),
                OnnxInputKind.PixelsNchw => graph.Run<float>("Score", pixels, 1, 3, Side, Side),
                _ => graph.Run<float>("Score", Formula.Image(1, Side, Side), 1, 3, Side, Side),
            };
            foreach (var (expected, actual) in Scores(direct).Zip(Scores(again)))
                Assert.AreEqual(expected, actual, 1e-6, $"{from} to {to}");
        }
    }

    [TestMethod]
    public void OtherOutputsAndSizesKeepTheConstants()
    {
        var architecture = _architectures["deeper, bottlenecks"];
        var settings = Settings(OnnxInputKind.NormalizedNchw) with
        {
            Options = new OnnxExportOptions
            {
                DynamicImageSize = true,
                TopK = 2,
                AdditionalOutputs = OnnxOutputs.Embeddings | OnnxOutputs.FeatureMaps | OnnxOutputs.AttentionMaps |
                    OnnxOutputs.ClassActivationMaps | OnnxOutputs.ClassAttention | OnnxOutputs.TokenMaps,
            },
        };
        var direct = ExportedGraph.Export(architecture, ExportedGraph.Weights(architecture), settings);
        var again = ExportedGraph.Write(Rebuild(Export(architecture, OnnxInputKind.NormalizedNchw), settings));
        CollectionAssert.AreEqual(direct, again);
    }

    [TestMethod]
    public void AFileOfAnotherNetworkThanItsMetadataTellsIsRefused()
    {
        var file = Export(ExportedGraph.Micro, OnnxInputKind.NormalizedNchw);
        var metadata = Metadata(file) with { Architecture = ExportedGraph.Micro with { Depth = 6 } };

        var error = Assert.ThrowsExactly<FormatException>(() => RebuiltModel.Of(OnnxContent.Read(file), metadata));
        StringAssert.Contains(error.Message, "not the one that this library writes");
    }

    [TestMethod]
    public void DamagedFilesAreRefused()
    {
        var file = Export(ExportedGraph.Micro, OnnxInputKind.NormalizedNchw);
        var random = new Random(3);
        for (var i = 0; i < 300; i++)
        {
            var damaged = file[..random.Next(file.Length)];
            for (var change = 0; change < 3 && damaged.Length > 0; change++)
                damaged[random.Next(Math.Min(damaged.Length, 2000))] = (byte)random.Next(256);
            try
            {
                OnnxContent.Read(damaged).VerifyChecksum(CancellationToken.None);
            }
            catch (FormatException)
            {
                // Nothing else may come.
            }
        }
        Assert.ThrowsExactly<FormatException>(() => OnnxContent.Read(file[..^1000]));
    }

    private static OnnxGraphSettings Settings(OnnxInputKind input) => ExportedGraph.Settings(Side, Side) with
    {
        InputKind = input,
        Labels = _labels,
        Options = new OnnxExportOptions { IncludePreprocessing = input == OnnxInputKind.PhotosNhwc },
    };

    private static byte[] Export(ConformerArchitecture architecture, OnnxInputKind input) =>
        ExportedGraph.Export(architecture, ExportedGraph.Weights(architecture), Settings(input));

    private static OnnxModel Rebuild(byte[] file, OnnxGraphSettings settings) => OnnxExporter.Rebuild(
        RebuiltModel.Of(OnnxContent.Read(file), Metadata(file)), Metadata(file), settings);

    private static OnnxModelMetadata Metadata(byte[] file) => OnnxModelMetadata.Parse(OnnxContent.Read(file).Metadata);
}
