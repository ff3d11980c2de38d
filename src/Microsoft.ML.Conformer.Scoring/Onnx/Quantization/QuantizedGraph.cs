namespace Microsoft.ML.Conformer.Onnx.Quantization;

/// <summary>
/// Rewrites a graph in float by a plan: QuantizeLinear and DequantizeLinear stand around the operators that compute in 8 bits, which
/// runtimes make integer operators of. All are standard operators, and other runtimes compute the same in float.
/// </summary>
internal sealed class QuantizedGraph
{
    private readonly OnnxModel _model;
    private readonly QuantizationPlan _plan;
    private readonly GraphLinks _links;
    private readonly IReadOnlyDictionary<string, ActivationQuantization> _activations;
    private readonly Dictionary<string, OnnxInitializer> _weights;
    private readonly List<NodeProto> _nodes = [];
    private readonly List<OnnxInitializer> _constants = [];

    private QuantizedGraph(OnnxModel model, QuantizationPlan plan, IReadOnlyDictionary<string, ActivationQuantization> activations)
    {
        (_model, _plan, _activations) = (model, plan, activations);
        _links = new GraphLinks(model);
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
            if (_plan.IsQuantized(node) && node.OpType == "Resize")
            {
                Repeat(node);
                continue;
            }
            _nodes.Add(_plan.IsQuantized(node) && node.OpType == "AveragePool"
                ? Average(node)
                : node.With(
                    _plan.IsQuantized(node) ? QuantizedInputs(node) : node.Input,
                    node.Output.Select(output => _plan.IsMadeStored(output) ? Exact(output) : output)));
            foreach (var output in node.Output)
                if (_plan.IsMadeStored(output))
                    Store(Exact(output), output, output);
                else
                    StoreFloat(output);
        }
        HashSet<string> used = [.. _nodes.SelectMany(node => node.Input), .. _model.Outputs.Select(output => output.Name)];
        return _model with
        {
            Nodes = [.. _nodes.Where(node => node.OpType != "DequantizeLinear" || used.Contains(node.Output[0]))],
            Initializers = [.. _model.Initializers.Where(tensor => used.Contains(tensor.Name)), .. _constants],
        };
    }

    private static string Exact(string value) => $"{value}.exact";

    private static string Stored(string value) => $"{value}.stored";

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
        Dequantize(value, rounded, Add("QuantizeLinear", Stored(value), [exact, scale, zeroPoint]));
    }

    private void Dequantize(string value, string rounded, string stored)
    {
        var rangeOf = _plan.RangeOf(value)!;
        Add("DequantizeLinear", rounded, [stored, ScaleName(rangeOf), ZeroPointName(rangeOf)]);
    }

    /// <summary>
    /// Nearest up-sampling by a whole factor as copies of stored pixels, channels last: ONNX Runtime resizes stored maps number by number.
    /// </summary>
    private void Repeat(NodeProto node)
    {
        var (result, factor) = (node.Output[0], (long)_weights[node.Input[2]].Floats!.ToArray()[^1]);
        var pixels = Transpose(Stored(node.Input[0]), $"{result}.pixels", 0, 2, 3, 1); // [N, h, w, C]
        var declared = _model.ValueInfos.First(info => info.Name == result).Type.TensorType.Shape.Dim; // [N, C, H, W]
        var size = declared.Skip(1).All(dimension => dimension.HasDimValue)
            ? Integers($"{result}.size", 0, declared[2].DimValue, declared[3].DimValue, declared[1].DimValue)
            : Add("Mul", $"{result}.size", [Add("Shape", $"{pixels}.size", [pixels]), Integers($"{result}.factors", 1, factor, factor, 1)]);
        var apart = Add("Unsqueeze", $"{result}.apart", [pixels, Integers($"{result}.axes", 2, 4)]); // [N, h, 1, w, 1, C]
        var copies = Add("Expand", $"{result}.copies", [apart, Integers($"{result}.times", 1, 1, factor, 1, factor, 1)]);
        Dequantize(result, result, Transpose(Add("Reshape", $"{result}.joined", [copies, size]), Stored(result), 0, 3, 1, 2));
    }

    /// <summary>
    /// An average as a convolution of each channel by itself with equal weights: ONNX Runtime averages stored maps in float, and slowly.
    /// </summary>
    private NodeProto Average(NodeProto node)
    {
        var kernel = node.Attribute.First(attribute => attribute.Name == "kernel_shape").Ints;
        var (weight, channels, area) = ($"{node.Output[0]}.weight", Channels(node.Input[0]), kernel[0] * kernel[1]);
        var rounded = Dequantize(
            new OnnxInitializer(QuantizedWeight.StoredName(weight), OnnxElementType.Int8, [channels, 1, .. kernel], destination =>
                destination.Write(Enumerable.Repeat((byte)1, (int)(channels * area)).ToArray())),
            new OnnxInitializer(ScaleName(weight), [], (WeightTensor)(float[])[1f / area]),
            new OnnxInitializer(ZeroPointName(weight), OnnxElementType.Int8, [], destination => destination.WriteByte(0)), axis: 0);
        return new NodeProto(
            "Conv", node.Name, [.. QuantizedInputs(node), rounded], [Exact(node.Output[0])], [.. node.Attribute, new("group", channels)]);
    }

    /// <summary>A map's channels: those of the last convolution before it, as nothing else changes their number.</summary>
    private long Channels(string map)
    {
        var node = _links.Producer(map)!;
        return node.OpType == "Conv" ? _weights[node.Input[1]].Shape[0] : Channels(node.Input[0]);
    }

    private string Transpose(string value, string result, params long[] permutation) =>
        Add("Transpose", result, [value], new OnnxAttribute("perm", permutation));

    private string Integers(string name, params long[] values)
    {
        _constants.Add(new OnnxInitializer(name, [values.Length], values));
        return name;
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
