namespace Microsoft.ML.Conformer.Detection.Onnx;

/// <summary>
/// A network for segmentation as an ONNX graph of standard operators. Input: "image", N images of one size, which may be any: the graph
/// pads them itself. Outputs: "labels", uint8 [N, height, width], each pixel's class; by choice "logits", [N, C, height, width].
/// </summary>
internal static class SegmentationGraph
{
    public const string Labels = "labels", Logits = "logits";

    /// <summary>Name, inside the graph, of the logits before they get the images' size.</summary>
    public const string MapLogits = SegmentationLayout.Head + SegmentationLayout.Classifier;

    /// <summary>The graph, its weights yet unread; it has no metadata.</summary>
    /// <exception cref="ArgumentException">There is no such network.</exception>
    /// <exception cref="OnnxExportException">Tensors are missing or misshapen; while it is written, not finite or too large.</exception>
    public static OnnxModel Build(
        SegmentationArchitecture architecture, RequiredWeights weights, OnnxInputKind kind, ImagePreprocessing preprocessing,
        bool hasLogits = false)
    {
        if (architecture.Faults().ToList() is { Count: > 0 } faults)
            throw new ArgumentException("No such network can be exported. " + string.Join(" ", faults), nameof(architecture));
        var settings = GraphTensors.OfAnySize(architecture.Backbone, kind, preprocessing);
        var graph = new GraphBuilder(weights);
        var heightAxis = kind == OnnxInputKind.PixelsNhwc ? 1 : 2;
        var size = new PaddedSize(
            new PaddedSide(graph, "height", heightAxis, architecture.SizeDivisor),
            new PaddedSide(graph, "width", heightAxis + 1, architecture.SizeDivisor));
        var input = new GraphInput(graph, architecture.Backbone, settings)
        {
            AfterCentering = x => size.Pad(graph, x),
            FreeSize = (size.Height.Padded, size.Width.Padded),
        };
        var network = KnownNetworks.GraphOf(architecture.Backbone);
        var body = network.Build(graph, weights.Within(BackboneLayout.Prefix), input);
        var map = body.FeatureMaps.First(map => map.Level == SegmentationArchitecture.HeadLevel);
        var logits = new PyramidPoolingHead(architecture, graph, weights).Add(map.Name, map.Channels);
        Classify(architecture, graph, logits, size, hasLogits);
        weights.ThrowIfFaulty();
        return graph.ToModel($"{network.Name}Segmentation", [input.Info()]);
    }

    private static void Classify(SegmentationArchitecture architecture, GraphBuilder graph, string logits, PaddedSize size, bool hasLogits)
    {
        var (batch, height, width) = (OnnxDimension.Batch, OnnxDimension.Free("height"), OnnxDimension.Free("width"));
        var ofPixels = graph.Bilinear("logits.padded", logits, architecture.NumClasses, size.Height.Padded, size.Width.Padded);
        var best = graph.Add("ArgMax", "labels.padded", [ofPixels], new("axis", 1L), new("keepdims", 0L));
        var bytes = graph.Add("Cast", "labels.bytes", [best], new OnnxAttribute("to", (long)OnnxElementType.Uint8));
        graph.Corner(Labels, bytes, size.Height.Pixels, size.Width.Pixels);
        graph.Output(Labels, OnnxElementType.Uint8, batch, height, width);
        if (!hasLogits)
            return;
        graph.Corner(Logits, ofPixels, size.Height.Pixels, size.Width.Pixels);
        graph.Output(Logits, OnnxElementType.Float, batch, architecture.NumClasses, height, width);
    }

    private sealed record PaddedSize(PaddedSide Height, PaddedSide Width)
    {
        /// <summary>Adds zeros at the bottom and at the right.</summary>
        public string Pad(GraphBuilder graph, string image) => graph.Add(
            "Pad", "image.padded", [image, graph.Shape(0, 0, 0, 0, 0, 0, GraphSize.Of(Height.Missing), GraphSize.Of(Width.Missing))],
            new OnnxAttribute("mode", "constant"));
    }

    /// <summary>A side of the input images, and with what is added to make it a multiple; int64 [1] each.</summary>
    private sealed class PaddedSide
    {
        public PaddedSide(GraphBuilder graph, string side, long axis, long divisor)
        {
            var name = $"{GraphNames.Input}.{side}";
            Pixels = graph.Size(name, GraphNames.Input, axis);
            var dividend = graph.Add("Add", $"{name}.dividend", [Pixels, graph.Integers(divisor - 1)]);
            var parts = graph.Add("Div", $"{name}.parts", [dividend, graph.Integers(divisor)]);
            Padded = graph.Add("Mul", $"{name}.padded", [parts, graph.Integers(divisor)]);
            Missing = graph.Add("Sub", $"{name}.missing", [Padded, Pixels]);
        }

        public string Pixels { get; }

        public string Padded { get; }

        public string Missing { get; }
    }
}
