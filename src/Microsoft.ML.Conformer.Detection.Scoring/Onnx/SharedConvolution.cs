namespace Microsoft.ML.Conformer.Detection.Onnx;

/// <summary>A convolution with bias, padded by half the kernel, whose weights serve several maps.</summary>
internal sealed class SharedConvolution
{
    private readonly GraphBuilder _graph;
    private readonly string _name, _weight, _bias;
    private readonly int _kernel;

    public SharedConvolution(GraphBuilder graph, RequiredWeights weights, string name, int inputs, int outputs, int kernel)
    {
        (_graph, _name, _kernel) = (graph, name, kernel);
        _weight = graph.Weight(
            $"{name}.weight", [outputs, inputs, kernel, kernel], weights.Require($"{name}.weight", outputs, inputs, kernel, kernel));
        _bias = graph.Weight($"{name}.bias", [outputs], weights.Require($"{name}.bias", outputs));
    }

    /// <summary>Adds it for a map, [N, channels, H, W], under its name and a map's own.</summary>
    public string On(string map, string suffix = "", long stride = 1)
    {
        long padding = _kernel / 2;
        return _graph.Add(
            "Conv", _name + suffix, [map, _weight, _bias],
            new("kernel_shape", new long[] { _kernel, _kernel }),
            new("pads", new[] { padding, padding, padding, padding }),
            new("strides", new[] { stride, stride }));
    }

    /// <summary>The same, and a ReLU.</summary>
    public string ReluOn(string map, string suffix = "")
    {
        var convolved = On(map, suffix);
        return _graph.Add("Relu", $"{convolved}.relu", [convolved]);
    }
}
