namespace Microsoft.ML.Conformer.Detection.Onnx;

/// <summary>Gives each detection a mask (He et al., ICCV 2017): only that of its own class is computed.</summary>
internal sealed class MaskHead(DetectorArchitecture architecture, GraphBuilder graph, RequiredWeights weights, RegionFeatures features)
{
    /// <summary>Name of a stage's logits of the detections' classes, [D, 28, 28].</summary>
    public static string Logits(RegionStage stage) => $"masks.{stage.Prefix}logits";

    /// <summary>
    /// The probabilities of D boxes, [D, 4], in images, with labels, int64 [D]: [D, 28, 28], in a cascade the stages' mean.
    /// </summary>
    public void Add(string result, string boxes, string images, string labels)
    {
        var sorted = features.Sort("masks.sorted", boxes, images);
        var (aligned, classes) = (sorted.Align(DetectorArchitecture.MaskBins), sorted.Order("masks.labels", labels));
        List<string> masks =
        [
            .. architecture.Stages.Select(stage =>
                graph.Add("Sigmoid", $"masks.{stage.Prefix}stage", [sorted.Restore(Logits(stage), Stage(stage, aligned, classes))])),
        ];
        graph.Add(masks.Count == 1 ? "Identity" : "Mean", result, masks);
    }

    private string Stage(RegionStage stage, string x, string labels)
    {
        const long side = DetectorArchitecture.MaskSide;
        var (name, channels, classes) = ($"roi_head.mask_head.{stage.Prefix}", architecture.PyramidChannels, architecture.NumClasses);
        for (var index = 0; index < DetectorArchitecture.MaskConvolutions; index++)
            x = new SharedConvolution(graph, weights, $"{name}convs.{index}.conv", channels, channels, kernel: 3).ReluOn(x);
        var upsample = graph.Add("ConvTranspose", $"{name}upsample", [
            x, Weight($"{name}upsample.weight", [channels, channels, 2, 2]), Weight($"{name}upsample.bias", [channels]),
        ], new("kernel_shape", new long[] { 2, 2 }), new("strides", new long[] { 2, 2 }));
        x = graph.Add("Relu", $"{upsample}.relu", [upsample]);

        // A 1x1 convolution, as a product with the weights of one class for each detection.
        var last = $"{name}conv_logits";
        var weight = graph.Weight($"{last}.weight", [classes, channels], weights.Require($"{last}.weight", classes, channels, 1, 1));
        var rows = graph.Unsqueeze($"{last}.rows", graph.Rows($"{last}.classes", weight, labels), 1); // [D, 1, channels]
        var bias = graph.Unsqueeze(
            $"{last}.biases", graph.Rows($"{last}.class_biases", Weight($"{last}.bias", [classes]), labels), 1, 2); // [D, 1, 1]
        var products = graph.Add("MatMul", $"{last}.products", [rows, graph.Reshape($"{last}.pixels", x, 0, channels, side * side)]);
        return graph.Reshape($"{last}.maps", graph.Add("Add", last, [products, bias]), -1, side, side);
    }

    private string Weight(string name, long[] shape) => graph.Weight(name, shape, weights.Require(name, shape));
}
