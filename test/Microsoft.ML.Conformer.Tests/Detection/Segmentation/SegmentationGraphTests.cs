using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Conformer.Detection.Boxes;
using Microsoft.ML.Conformer.Detection.Networks;
using Microsoft.ML.Conformer.Detection.Onnx;
using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Onnx;
using Microsoft.ML.Conformer.Onnx.Format;
using Microsoft.ML.Conformer.Onnx.Graph;
using Microsoft.ML.Conformer.Tests.Goldens;
using Microsoft.ML.Conformer.Tests.Onnx;
using Microsoft.ML.Conformer.Torch;
using TorchSharp;
using static TorchSharp.torch;
using OnnxHead = Microsoft.ML.Conformer.Detection.Onnx.PyramidPoolingHead;

namespace Microsoft.ML.Conformer.Tests.Detection.Segmentation;

/// <summary>The exported graph in ONNX Runtime against TorchSharp, and its pooling head against reference numbers.</summary>
[TestClass]
public sealed class SegmentationGraphTests
{
    private const double Tolerance = 1e-4, GoldenTolerance = 1e-5;

    private static IEnumerable<object?[]> Files => GoldenFiles.OfKind("psp-head").Cases();

    [TestMethod]
    [DataRow(false, 64, 96)]
    [DataRow(false, 50, 71)]
    [DataRow(false, 45, 225)]
    [DataRow(true, 64, 128)]
    [DataRow(true, 50, 71)]
    public void TheGraphGivesWhatTheNetworkGives(bool isConTNet, int height, int width)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var architecture = SmallSegmentation.Of(isConTNet);
        using var network = SmallSegmentation.Network(architecture);
        using var graph = Graph(architecture, hasLogits: true);
        var images = SmallSegmentation.Images(2, height, width);
        var tensors = tensor(images).view(2, 3, height, width);

        network.eval();
        var expected = PixelLogits.Of(network.call(tensors)[0], new ImageSize(height, width), architecture.SizeDivisor);
        var logits = graph.Run<float>("logits", images, 2, 3, height, width);
        var labels = graph.Run<byte>("labels", images, 2, 3, height, width);

        CollectionAssert.AreEqual((long[])[2, height, width], graph.ShapeOf("labels", images, 2, 3, height, width));
        Assert.AreClose(TensorStatistics.Values(expected), logits, Tolerance, "logits");
        Assert.AreEqual(2 * height * width, labels.Length);
        // Where two classes are as good as one another, either may win.
        var best = expected.topk(2, 1).values;
        var lead = TensorStatistics.Values(best.select(1, 0).Plus(best.select(1, 1).neg()));
        var classes = expected.argmax(1).contiguous().data<long>().ToArray();
        int[] clear = [.. Enumerable.Range(0, lead.Length).Where(i => lead[i] > 2 * Tolerance)];
        Assert.IsGreaterThan(0.99 * lead.Length, clear.Length);
        CollectionAssert.AreEqual(clear.Select(i => (byte)classes[i]).ToArray(), clear.Select(i => labels[i]).ToArray());
        Assert.IsGreaterThan(1, labels.Distinct().Count());
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void LogitsAreGivenWhereTheyAreAskedFor(bool hasLogits)
    {
        using var graph = Graph(SmallSegmentation.Of(isConTNet: false), hasLogits);

        CollectionAssert.AreEqual(hasLogits ? (string[])["labels", "logits"] : ["labels"], graph.OutputNames.ToArray());
    }

    [TestMethod]
    [DataRow(nameof(OnnxInputKind.PixelsNchw))]
    [DataRow(nameof(OnnxInputKind.PixelsNhwc))]
    public void PixelsAreNormalizedAndPaddedWithZerosAfterwards(string input)
    {
        const int height = 40, width = 70;
        var kind = Enum.Parse<OnnxInputKind>(input);
        var architecture = SmallSegmentation.Of(isConTNet: false);
        var rgb = Formula.Rgb(0, height, width); // [height, width, 3]
        var (normalized, pixels) = (new float[rgb.Length], new float[rgb.Length]);
        float[] mean = [0.485f, 0.456f, 0.406f], deviation = [0.229f, 0.224f, 0.225f];
        for (var i = 0; i < rgb.Length; i++)
        {
            var (channel, place) = (i % 3, i / 3);
            normalized[channel * height * width + place] = (rgb[i] / 255f - mean[channel]) / deviation[channel];
            pixels[kind == OnnxInputKind.PixelsNchw ? channel * height * width + place : i] = rgb[i];
        }
        using var plain = Graph(architecture, hasLogits: true);
        using var ofPixels = Graph(architecture, hasLogits: true, kind);

        Assert.AreClose(
            plain.Run<float>("logits", normalized, 1, 3, height, width),
            kind == OnnxInputKind.PixelsNchw
                ? ofPixels.Run<float>("logits", pixels, 1, 3, height, width)
                : ofPixels.Run<float>("logits", pixels, 1, height, width, 3),
            1e-3, "logits");
    }

    [TestMethod]
    public void WeightsThatAreMissingAreNamed()
    {
        var architecture = SmallSegmentation.Of(isConTNet: false);
        var shapes = architecture.StateDict().ToDictionary(tensor => tensor.Name, tensor => tensor.Shape.ToArray());
        Assert.IsTrue(shapes.Remove("decode_head.bottleneck.bn.running_var") && shapes.Remove("backbone.conv1.weight"));

        var error = Assert.ThrowsExactly<OnnxExportException>(() => Model(architecture, new FormulaWeights(shapes)));

        StringAssert.Contains(error.Message, "'decode_head.bottleneck.bn.running_var' is missing");
        StringAssert.Contains(error.Message, "'backbone.conv1.weight' is missing");
    }

    /// <summary>Sides that are no multiples of the parts, and fewer places than parts.</summary>
    [TestMethod]
    [DataRow(12, 16)]
    [DataRow(7, 5)]
    [DataRow(1, 3)]
    [DataRow(23, 40)]
    public void AveragesArePreciselyThoseOfAdaptivePooling(int height, int width)
    {
        using var scope = NewDisposeScope();
        var builder = new GraphBuilder();
        int[] scales = [1, 2, 3, 6, 8];
        foreach (var scale in scales)
        {
            new AveragingMatrix(builder).Pool($"pooled_{scale}", GraphNames.Input, scale);
            builder.Output($"pooled_{scale}", TensorProto.Types.DataType.Float, OnnxDimension.Batch, 4, scale, scale);
        }
        using var graph = OfMap(builder, 4);
        var map = randn([2, 4, height, width], generator: new Generator(0));

        foreach (var scale in scales)
            Assert.AreClose(
                TensorStatistics.Values(nn.functional.adaptive_avg_pool2d(map, scale)),
                graph.Run<float>($"pooled_{scale}", TensorStatistics.Values(map), map.shape), 1e-6, $"{scale} parts");
    }

    [TestMethod]
    [DynamicData(nameof(Files))]
    public void TheHeadGivesTheReferenceNumbers(string? file)
    {
        var golden = GoldenHead.Open(file);
        var (json, shape, architecture, size) = (golden.Json, golden.MapShape, golden.Architecture, golden.ImageSize);
        var builder = new GraphBuilder();
        var logits = new OnnxHead(
            architecture, builder, new RequiredWeights(new WithinHead(golden.Weights))).Add(GraphNames.Input, (int)shape[1]);
        builder.Bilinear("resized", logits, architecture.NumClasses, builder.Integers(size.Height), builder.Integers(size.Width));
        IEnumerable<string> branches = Enumerable.Range(0, architecture.PoolScales.Count)
            .Select(OnnxHead.Branch);
        foreach (var output in (IEnumerable<string>)[.. branches, logits, "resized"])
            builder.Output(output, TensorProto.Types.DataType.Float, [.. "ncyx".Select(axis => OnnxDimension.Free($"{output}.{axis}"))]);
        using var graph = OfMap(builder, (int)shape[1]);
        float[] Run(string output) => graph.Run<float>(output, golden.Map, shape);
        long[] ShapeOf(string output) => graph.ShapeOf(output, golden.Map, shape);

        foreach (var (index, branch) in branches.Index())
            TensorStatistics.AssertEqual(
                json.GetProperty("branches_before_resize")[index], ShapeOf(branch), Run(branch), GoldenTolerance, branch);
        TensorStatistics.AssertEqual(json.GetProperty("logits"), ShapeOf(logits), Run(logits), GoldenTolerance, "logits");
        TensorStatistics.AssertEqual(json.GetProperty("resized"), ShapeOf("resized"), Run("resized"), GoldenTolerance, "resized");
    }

    private static ExportedGraph Graph(
        SegmentationArchitecture architecture, bool hasLogits, OnnxInputKind kind = OnnxInputKind.NormalizedNchw) =>
        new(Model(architecture, SmallSegmentation.Weights(architecture), hasLogits, kind));

    private static OnnxModel Model(
        SegmentationArchitecture architecture, FormulaWeights weights, bool hasLogits = false,
        OnnxInputKind kind = OnnxInputKind.NormalizedNchw) =>
        SegmentationGraph.Build(architecture, new RequiredWeights(weights), kind, new ImagePreprocessing(), hasLogits);

    /// <summary>A graph whose input is a map of so many channels and any size.</summary>
    private static ExportedGraph OfMap(GraphBuilder builder, int channels) => new(builder.ToModel("map",
    [
        new ValueInfoProto(
            GraphNames.Input, TensorProto.Types.DataType.Float,
            [OnnxDimension.Batch, channels, OnnxDimension.Free("height"), OnnxDimension.Free("width")]),
    ]));

    /// <summary>A head's weights by their names in a whole network.</summary>
    private sealed class WithinHead(FormulaWeights head) : IWeightSource
    {
        public bool Contains(string name) => head.Contains(Own(name));

        public IReadOnlyList<long> Shape(string name) => head.Shape(Own(name));

        public float[] Read(string name) => head.Read(Own(name));

        private static string Own(string name) => name[SegmentationLayout.Head.Length..];
    }
}
