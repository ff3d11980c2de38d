using System.Diagnostics;
using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Conformer.Models;
using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Onnx;
using Microsoft.ML.Conformer.Onnx.Graph;
using Microsoft.ML.Conformer.Onnx.Precision;
using Microsoft.ML.Conformer.Onnx.Quantization;
using Microsoft.ML.Conformer.Tests.Detection;
using Microsoft.ML.Conformer.Tests.Features;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Conformer.Tests.Onnx;

/// <summary>The reference checker's opinion of exported files; inconclusive without Debian's python3-onnx.</summary>
[TestClass]
public sealed class OnnxCheckerTests
{
    private const string Python = "/usr/bin/python3";

    // Strict shape inference over the whole graph, and the names of the inputs and outputs with their shapes.
    private const string Check = """
        import sys, onnx
        model = onnx.load_model_from_string(sys.stdin.buffer.read())
        onnx.checker.check_model(model, full_check=True)
        for value in [*model.graph.input, *model.graph.output]:
            print(value.name, [d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim])
        """;

    private static readonly Dictionary<string, (ConformerArchitecture Architecture, OnnxGraphSettings Settings)> _graphs = new()
    {
        ["plain"] = (ExportedGraph.Micro, ExportedGraph.Settings(64, 64)),
        ["labels, pixels, padding"] = (ExportedGraph.Micro, ExportedGraph.Settings(72, 58) with
        {
            Labels = ["a", "b", "c", "d", "e"],
            InputKind = OnnxInputKind.PixelsNhwc,
        }),
        ["position embedding, maximum"] = (
            ExportedGraph.Micro with { Depth = 6, PositionEmbeddingImageSize = 64, DownSampling = DownSampling.Maximum },
            ExportedGraph.Settings(64, 64)),
        ["convolution, bottlenecks"] = (
            ExportedGraph.Micro with { Depth = 6, BottlenecksPerBlock = 1, DownSampling = DownSampling.Convolution },
            ExportedGraph.Settings(64, 64) with { InputKind = OnnxInputKind.PixelsNchw }),
        ["any size, all outputs"] = (ExportedGraph.Micro with { Depth = 6 }, ExportedGraph.Settings(64, 64) with
        {
            Labels = ["a", "b", "c", "d", "e"],
            Options = new OnnxExportOptions
            {
                DynamicImageSize = true,
                IncludePredictedLabel = true,
                TopK = 2,
                AdditionalOutputs = OnnxOutputs.Embeddings | OnnxOutputs.FeatureMaps | OnnxOutputs.AttentionMaps |
                    OnnxOutputs.ClassAttention | OnnxOutputs.TokenMaps,
            },
        }),
        ["photos"] = (ExportedGraph.Micro, ExportedGraph.Settings(64, 64) with
        {
            InputKind = OnnxInputKind.PhotosNhwc,
            Options = new OnnxExportOptions { IncludePreprocessing = true },
        }),
    };

    [TestMethod]
    [DataRow("Float16")]
    [DataRow("Int8")]
    public void FilesOfOtherPrecisionsPassTheReferenceChecker(string precision)
    {
        RequireChecker();
        var settings = ExportedGraph.Settings(72, 58) with { InputKind = OnnxInputKind.PixelsNhwc };
        var model = OnnxExporter.Build(ExportedGraph.Micro, ExportedGraph.Weights(ExportedGraph.Micro), settings);
        model = precision == nameof(OnnxPrecision.Float16)
            ? Float16Graph.Build(model)
            : Int8Conversion.Of(model, () => [OrtValue.CreateTensorValueFromMemory(new float[72 * 58 * 3], [1, 72, 58, 3])]).Model;

        var (exitCode, output, error) = Run(Check, ExportedGraph.Write(model));

        Assert.AreEqual(0, exitCode, error);
        StringAssert.Contains(output, "Score ['N', 5]");
    }

    [TestMethod]
    [DataRow("plain")]
    [DataRow("labels, pixels, padding")]
    [DataRow("position embedding, maximum")]
    [DataRow("convolution, bottlenecks")]
    [DataRow("any size, all outputs")]
    [DataRow("photos")]
    public void ExportedFilesPassTheReferenceChecker(string what)
    {
        RequireChecker();
        var (architecture, settings) = _graphs[what];

        var (exitCode, output, error) = Run(Check, ExportedGraph.Export(architecture, new ConstantWeights(architecture), settings));

        Assert.AreEqual(0, exitCode, error);
        StringAssert.Contains(output, "Score ['N', 5]");
        StringAssert.Contains(output, "ClassIndex ['N', 1]");
    }

    [TestMethod]
    [DataRow(DetectionHead.FasterRcnn)]
    [DataRow(DetectionHead.MaskRcnn)]
    [DataRow(DetectionHead.CascadeMaskRcnn)]
    [DataRow(DetectionHead.RetinaNet)]
    public void DetectorsPassTheReferenceChecker(DetectionHead head)
    {
        RequireChecker();

        var (exitCode, output, error) = Run(Check, DetectorPhoto.Model(head).Onnx);

        Assert.AreEqual(0, exitCode, error);
        StringAssert.Contains(output, "sizes ['N', 2]");
        StringAssert.Contains(output, "boxes ['D', 4]");
    }

    private static void RequireChecker()
    {
        if (!File.Exists(Python) || Run("import onnx", []).ExitCode != 0)
            Assert.Inconclusive($"No onnx module in {Python}; install Debian's python3-onnx.");
    }

    private static (int ExitCode, string Output, string Error) Run(string script, byte[] input) =>
        ChildProcess.Run(new ProcessStartInfo(Python, ["-c", script]), input);

    private sealed class ConstantWeights(ConformerArchitecture architecture) : IWeightSource
    {
        private readonly Dictionary<string, long[]> _shapes = ExportedGraph.Shapes(architecture);

        public bool Contains(string name) => _shapes.ContainsKey(name);

        public IReadOnlyList<long> Shape(string name) => _shapes[name];

        public float[] Read(string name)
        {
            var values = new float[_shapes[name].Aggregate(1L, (a, b) => a * b)];
            Array.Fill(values, 0.5f);
            return values;
        }
    }
}
