namespace Microsoft.ML.Conformer.Detection.Onnx;

/// <summary>
/// Pyramid pooling (Zhao et al., CVPR 2017): beside each place of a map, averages of the parts of the image that it lies in; then pixels
/// are classified.
/// </summary>
internal sealed class PyramidPoolingHead(SegmentationArchitecture architecture, GraphBuilder graph, RequiredWeights weights)
{
    private readonly LayerBuilder _layers = new(graph, weights);

    /// <summary>Name of what a branch gives, before it gets the map's size.</summary>
    public static string Branch(int index) => $"{SegmentationLayout.Head}{SegmentationLayout.Pooled(index)}.conv.relu";

    /// <summary>The logits, [N, C, H, W], of a map, [N, channels, H, W].</summary>
    public string Add(string map, int inputs)
    {
        const string head = SegmentationLayout.Head;
        var channels = architecture.Channels;
        var (height, width) = (graph.Size($"{map}.height", map, 2), graph.Size($"{map}.width", map, 3));
        var pooling = new AveragingMatrix(graph);
        List<string> parts = [map];
        foreach (var (index, scale) in architecture.PoolScales.Index())
        {
            var name = head + SegmentationLayout.Pooled(index);
            var branch = Normalized(pooling.Pool($"{name}.pooled", map, scale), name, inputs, kernel: 1);
            parts.Add(graph.Bilinear($"{name}.resized", branch, channels, height, width));
        }
        var all = graph.Concat($"{head}all", 1, parts);
        var x = Normalized(all, head + SegmentationLayout.Bottleneck, inputs + (architecture.PoolScales.Count * channels), kernel: 3);
        return _layers.Conv(x, head + SegmentationLayout.Classifier, channels, architecture.NumClasses, kernel: 1, stride: 1);
    }

    private string Normalized(string x, string name, int inputs, int kernel) => _layers.Relu(_layers.ConvBatchNorm(
        x, $"{name}.conv", $"{name}.bn", inputs, architecture.Channels, kernel, stride: 1, SegmentationLayout.Epsilon));
}
