namespace Microsoft.ML.Conformer.Onnx.Quantization;

/// <summary>
/// Which operators of a graph compute in 8 bits and which values between them are stored so. Convolutions, linear layers, and the sums
/// and averages of stored maps do; what only moves values passes stored ones on. Attention, GELU, norms and the sums of tokens stay float.
/// </summary>
internal sealed class QuantizationPlan
{
    private readonly GraphLinks _links;
    private readonly HashSet<string> _weights;
    private readonly HashSet<string> _nodes = [];
    private readonly Dictionary<string, string> _rangeOf = [];
    private readonly HashSet<string> _madeStored = [];

    public QuantizationPlan(OnnxModel model, params IReadOnlyCollection<NodeProto> keptInFloat)
    {
        _links = new GraphLinks(model);
        _weights = [.. model.Initializers.Where(tensor => tensor.Type == OnnxElementType.Float).Select(tensor => tensor.Name)];
        foreach (var node in model.Nodes.Where(node => !keptInFloat.Contains(node, ReferenceEqualityComparer.Instance)))
            Visit(node);
    }

    /// <summary>The plan that keeps the first and the last layers in float.</summary>
    public static QuantizationPlan Careful(OnnxModel model)
    {
        var links = new GraphLinks(model);
        return new QuantizationPlan(model, [links.FirstLayer, .. links.Heads]);
    }

    public IEnumerable<string> Measured => _rangeOf.Where(entry => entry.Key == entry.Value).Select(entry => entry.Key);

    public bool IsQuantized(NodeProto node) => _nodes.Contains(node.Name);

    /// <summary>The measured value by whose range a value is stored; null where it is not stored.</summary>
    public string? RangeOf(string value) => _rangeOf.GetValueOrDefault(value);

    /// <summary>Whether a value only ever exists as stored, since the operator that makes it computes in 8 bits.</summary>
    public bool IsMadeStored(string value) => _madeStored.Contains(value);

    private void Visit(NodeProto node)
    {
        var result = node.Output[0];
        switch (node.OpType)
        {
            case "Conv" when _weights.Contains(node.Input[1]):
                Measure(node.Input[0]);
                Quantize(node, AfterRelu(result));
                break;
            case "Gemm" when _weights.Contains(node.Input[1]):
                Measure(node.Input[0]);
                _nodes.Add(node.Name); // its result is float: the integer product with both scales, which no rounding follows
                break;
            case "Add" when node.Input.All(_rangeOf.ContainsKey):
                Quantize(node, AfterRelu(result));
                break;
            case "AveragePool" when RangeOf(node.Input[0]) is not null:
                Quantize(node, result);
                break;
            case "MaxPool" or "Resize" or "Pad" or "Transpose" or "Reshape" when IsMadeStored(node.Input[0]):
                Quantize(node, result, rangeOf: RangeOf(node.Input[0]));
                break;
        }
    }

    private void Quantize(NodeProto node, string result, string? rangeOf = null)
    {
        _nodes.Add(node.Name);
        _madeStored.Add(result);
        _rangeOf.Add(result, rangeOf ?? result);
    }

    private void Measure(string value) => _rangeOf.TryAdd(value, value);

    /// <summary>The ReLU's result where a ReLU is all that takes the value: it becomes part of the rounding to 0-255.</summary>
    private string AfterRelu(string value) =>
        !_links.IsOutput(value) && _links.Consumers(value).ToList() is [{ OpType: "Relu" } relu] ? relu.Output[0] : value;
}
