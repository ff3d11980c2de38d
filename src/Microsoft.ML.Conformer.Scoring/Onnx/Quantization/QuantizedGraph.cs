namespace Microsoft.ML.Conformer.Onnx.Quantization;

/// <summary>
/// Rewrites a graph in float by a plan: QuantizeLinear and DequantizeLinear stand around the operators that compute in 8 bits, which
/// runtimes make integer operators of. All are standard operators, and other runtimes compute the same in float.
/// </summary>
internal sealed class QuantizedGraph
{
    private readonly OnnxModel _model;
    private readonly QuantizationPlan _plan;
    private readonly IReadOnlyDictionary<string, ActivationQuantization> _activations;
    private readonly Dictionary<string, OnnxInitializer> _weights;
    private readonly List<NodeProto> _nodes = [];
    private readonly List<OnnxInitializer> _constants = [];

    private QuantizedGraph(OnnxModel model, QuantizationPlan plan, IReadOnlyDictionary<string, ActivationQuantization> activations)
    {
        (_model, _plan, _activations) = (model, plan, activations);
        _weights = model.Initializers.ToDictionary(tensor => tensor.Name);
    }

    public static OnnxModel Build(
        OnnxModel model, QuantizationPlan plan, IReadOnlyDictionary<string, ActivationQuantization> activations) =>
        new QuantizedGraph(model, plan, activations).Build();

    public static string ScaleName(string value) => $"{value}.scale";

    public static string ZeroPointName(string value) => $"{value}.zero_point";

    /// <summary>Whether a tensor of that name holds scales.</summary>
    public static bool IsScale(string tensor) => tensor.EndsWith(".scale", StringComparison.Ordinal);

    private OnnxModel Build()
    {
        foreach (var input in _model.Inputs)
            StoreFloat(input.Name);
        foreach (var node in _model.Nodes)
        {
            _nodes.Add(node.With(
                _plan.IsQuantized(node) ? QuantizedInputs(node) : node.Input,
                node.Output.Select(output => _plan.IsMadeStored(output) ? Exact(output) : output)));
            foreach (var output in node.Output)
                if (_plan.IsMadeStored(output))
                    Store(Exact(output), output, output);
                else
                    StoreFloat(output);
        }
        var used = _nodes.SelectMany(node => node.Input).ToHashSet();
        return _model with
        {
            Nodes = _nodes,
            Initializers = [.. _model.Initializers.Where(tensor => used.Contains(tensor.Name)), .. _constants],
        };
    }

    private static string Exact(string value) => $"{value}.exact";

    private static string Rounded(string value) => $"{value}.rounded";

    private string[] QuantizedInputs(NodeProto node)
    {
        string[] inputs = [.. node.Input.Select(
            input => _plan.RangeOf(input) is null || _plan.IsMadeStored(input) ? input : Rounded(input))];
        if (node.OpType is "Conv" or "Gemm")
        {
            var axis = node.OpType == "Conv" ? 0 : 1; // [out, in, kernel, kernel] or [in, out]
            var inputScale = _activations[_plan.RangeOf(node.Input[0])!].Scale;
            var bias = node.Input.Count > 2 ? _weights[node.Input[2]] : null;
            var weight = new QuantizedWeight(_weights[node.Input[1]], bias, axis, inputScale);
            inputs[1] = Dequantize(weight.Values, weight.Scales, weight.ZeroPoints, axis);
            if (weight.Bias is not null)
                inputs[2] = Dequantize(weight.Bias, weight.BiasScales!, zeroPoints: null, axis: 0);
        }
        return inputs;
    }

    /// <summary>A value that exists in float, and beside it rounded for those that take stored values.</summary>
    private void StoreFloat(string value)
    {
        if (_plan.RangeOf(value) is not null)
            Store(value, value, Rounded(value));
    }

    private void Store(string exact, string value, string rounded)
    {
        var rangeOf = _plan.RangeOf(value)!;
        var (scale, zeroPoint) = (ScaleName(rangeOf), ZeroPointName(rangeOf));
        if (rangeOf == value)
        {
            var quantization = _activations[value];
            _constants.Add(new OnnxInitializer(scale, [], (WeightTensor)(float[])[quantization.Scale]));
            _constants.Add(new OnnxInitializer(
                zeroPoint, OnnxElementType.Uint8, [], destination => destination.WriteByte(quantization.ZeroPoint)));
        }
        Add("QuantizeLinear", $"{value}.stored", [exact, scale, zeroPoint]);
        Add("DequantizeLinear", rounded, [$"{value}.stored", scale, zeroPoint]);
    }

    private string Dequantize(OnnxInitializer values, OnnxInitializer scales, OnnxInitializer? zeroPoints, int axis)
    {
        OnnxInitializer[] constants = zeroPoints is null ? [values, scales] : [values, scales, zeroPoints];
        _constants.AddRange(constants);
        return Add(
            "DequantizeLinear", $"{values.Name}.rounded", [.. constants.Select(constant => constant.Name)],
            new OnnxAttribute("axis", (long)axis));
    }

    private string Add(string opType, string result, IReadOnlyList<string> inputs, params IReadOnlyList<OnnxAttribute> attributes)
    {
        _nodes.Add(new NodeProto(opType, $"{result}.{opType}", inputs, [result], attributes)); // the operator that it is of has its name
        return result;
    }
}
