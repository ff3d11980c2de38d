using System.Runtime.InteropServices;

namespace Microsoft.ML.Conformer.Onnx.Precision;

/// <summary>
/// Rewrites a graph so that everything from the first convolution to the logits computes in 16-bit floats. What makes the network's input
/// and what follows the logits stays as it is, as do the graph's inputs and outputs: casts stand where values come in and go out.
/// </summary>
internal sealed class Float16Graph
{
    private readonly OnnxModel _model;
    private readonly GraphLinks _links;
    private readonly HashSet<NodeProto> _inside = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, OnnxInitializer> _constants;
    private readonly HashSet<string> _floats = [];
    private readonly HashSet<string> _cast = [];
    private readonly HashSet<string> _negative = [];
    private readonly List<NodeProto> _nodes = [];

    private Float16Graph(OnnxModel model)
    {
        (_model, _links) = (model, new GraphLinks(model));
        _constants = model.Initializers.ToDictionary(tensor => tensor.Name);

        var first = _links.FirstLayer;
        _inside.UnionWith(_links.Before(GraphNames.Logits));
        _inside.UnionWith(_links.After(first.Output[0]));
        _inside.ExceptWith(_links.Before(first.Input[0]));
        _inside.ExceptWith(_links.After(GraphNames.Logits));

        _floats.UnionWith(model.Initializers.Where(tensor => tensor.Type == OnnxElementType.Float).Select(tensor => tensor.Name));
        _floats.UnionWith(model.Inputs.Where(input => input.ElementType == OnnxElementType.Float).Select(input => input.Name));
        foreach (var node in model.Nodes)
            if (GivesFloats(node))
                _floats.UnionWith(node.Output);
    }

    public static OnnxModel Build(OnnxModel model) => new Float16Graph(model).Build();

    private OnnxModel Build()
    {
        foreach (var node in _model.Nodes)
            Add(node);
        var used = _nodes.SelectMany(node => node.Input).ToHashSet();
        return _model with
        {
            Nodes = _nodes,
            Initializers =
            [
                .. _model.Initializers.Where(tensor => used.Contains(tensor.Name)),
                .. _model.Initializers.Where(tensor => used.Contains(Inner(tensor.Name))).Select(ToFloat16),
            ],
            ValueInfos = [.. _model.ValueInfos.Select(value => _links.Producer(value.Name) is { } producer && _inside.Contains(producer)
                ? new ValueInfoProto(value) { Name = Inner(value.Name), ElementType = OnnxElementType.Float16 }
                : value)],
        };
    }

    private void Add(NodeProto node)
    {
        if (!_inside.Contains(node))
        {
            _nodes.Add(node);
            return;
        }

        var inputs = node.Input.ToArray();
        for (var i = 0; i < inputs.Length; i++)
            if (_floats.Contains(inputs[i]) && !StaysFloat(node, i))
                inputs[i] = Enter(inputs[i]);
        string[] outputs = [.. node.Output.Select(output => _floats.Contains(output) ? Inner(output) : output)];
        if (node.OpType == "Gemm")
            AddLinear(node.Name, inputs, outputs[0]);
        else
            _nodes.Add(node.With(inputs, outputs));
        foreach (var output in node.Output)
            if (_floats.Contains(output) && LeavesAs32Bits(output))
                Cast(Inner(output), output, OnnxElementType.Float);
    }

    /// <summary>
    /// A linear layer as a product from which the negative bias is taken. ONNX Runtime's CPU provider has a 16-bit Gemm, hundreds of times
    /// slower than the 32-bit product that it otherwise computes, and would make one of a product and a sum as well.
    /// </summary>
    private void AddLinear(string name, string[] inputs, string output)
    {
        if (inputs.Length == 2)
        {
            _nodes.Add(new NodeProto("MatMul", name, inputs, [output], []));
            return;
        }
        var product = $"{output}.product";
        _nodes.Add(new NodeProto("MatMul", name, inputs[..2], [product], []));
        _nodes.Add(new NodeProto("Sub", $"{name}.biased", [product, inputs[2]], [output], []));
        _negative.Add(inputs[2]);
    }

    private static string Inner(string value) => $"{value}.float16";

    private string Enter(string value)
    {
        var inner = Inner(value);
        var madeInside = _links.Producer(value) is { } producer && _inside.Contains(producer);
        if (!madeInside && !_constants.ContainsKey(value) && _cast.Add(value))
            Cast(value, inner, OnnxElementType.Float16);
        return inner;
    }

    private bool LeavesAs32Bits(string value) => _links.IsOutput(value) || _links.Consumers(value).Any(node => !_inside.Contains(node));

    private void Cast(string value, string result, OnnxElementType type) =>
        _nodes.Add(new NodeProto("Cast", $"{result}.cast", [value], [result], [new OnnxAttribute("to", (long)type)]));

    /// <summary>Shapes and indexes are integers, and what is computed from them.</summary>
    private bool GivesFloats(NodeProto node) => node.OpType switch
    {
        "Shape" or "ArgMax" or "Constant" or "LabelEncoder" => false,
        "Cast" => node.Attribute.Any(attribute => attribute is { Name: "to", I: (long)OnnxElementType.Float }),
        _ => _floats.Contains(node.Input[0]),
    };

    /// <summary>A resizing's region and scales are 32-bit floats whatever it resizes.</summary>
    private static bool StaysFloat(NodeProto node, int input) => node.OpType == "Resize" && input > 0;

    private OnnxInitializer ToFloat16(OnnxInitializer tensor)
    {
        var sign = _negative.Contains(Inner(tensor.Name)) ? -1 : 1;
        return new OnnxInitializer(Inner(tensor.Name), OnnxElementType.Float16, tensor.Shape, destination =>
        {
            using var floats = tensor.Floats!.Read();
            var halves = MemoryMarshal.Cast<float, Half>(floats.Span); // in place, as they are half as large
            for (var i = 0; i < floats.Span.Length; i++)
            {
                var value = floats.Span[i];
                var half = (Half)(sign * value);
                if (!Half.IsFinite(half))
                    throw new OnnxExportException(FormattableString.Invariant(
                        $"'{tensor.Name}' is {value} at element {i}; 16-bit floats end at {(float)Half.MaxValue}. ") +
                        $"Export the network with {nameof(OnnxPrecision)}.{nameof(OnnxPrecision.Float32)}.");
                halves[i] = half;
            }
            destination.Write(MemoryMarshal.AsBytes(halves[..floats.Span.Length]));
        })
        {
            IsWeight = tensor.IsWeight,
        };
    }
}
