using System.Globalization;

namespace Microsoft.ML.Conformer.Onnx.Graph;

/// <summary>Collects a graph's operators and constants in the order of computation; values have their operators' names.</summary>
internal sealed class GraphBuilder(RequiredWeights? weights = null)
{
    private readonly List<NodeProto> _nodes = [];
    private readonly List<OnnxInitializer> _initializers = [];
    private readonly List<ValueInfoProto> _valueInfos = [];
    private readonly List<ValueInfoProto> _outputs = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    public IReadOnlyList<NodeProto> Nodes => _nodes;

    public IReadOnlyList<OnnxInitializer> Initializers => _initializers;

    public IReadOnlyList<ValueInfoProto> ValueInfos => _valueInfos;

    public IReadOnlyList<ValueInfoProto> Outputs => _outputs;

    /// <summary>Adds an operator with one result, and returns the result's name, which is the operator's.</summary>
    public string Add(string opType, string name, IReadOnlyList<string> inputs, params IReadOnlyList<OnnxAttribute> attributes)
    {
        Claim(name);
        _nodes.Add(new NodeProto(opType, name, inputs, [name], attributes));
        return name;
    }

    /// <summary>Adds an operator where there is none of that name yet: its result is shared by all that ask for it.</summary>
    public string AddOnce(string opType, string name, IReadOnlyList<string> inputs, params IReadOnlyList<OnnxAttribute> attributes) =>
        _names.Contains(name) ? name : Add(opType, name, inputs, attributes);

    public void Add(NodeProto node)
    {
        foreach (var output in node.Output)
            Claim(output);
        _nodes.Add(node);
    }

    /// <summary>States a shape that cannot be inferred: a runtime fuses only a sum of maps that it can prove to have the same.</summary>
    public string Declare(string name, params IReadOnlyList<OnnxDimension> shape)
    {
        _valueInfos.Add(new ValueInfoProto(name, OnnxElementType.Float, shape));
        return name;
    }

    public void Output(string name, OnnxElementType type, params IReadOnlyList<OnnxDimension> shape) =>
        _outputs.Add(new ValueInfoProto(name, type, shape));

    /// <summary>Gives a value of the graph as an output of another name.</summary>
    public void Expose(string name, string value, params IReadOnlyList<OnnxDimension> shape)
    {
        Add("Identity", name, [value]);
        Output(name, OnnxElementType.Float, shape);
    }

    /// <summary>A weight of the network, made when the file is written: from the file that the network comes from, or the values.</summary>
    public string Weight(string name, IReadOnlyList<long> shape, WeightTensor values) =>
        Add(new OnnxInitializer(name, shape, weights?.Stored(name, shape) ?? values) { IsWeight = true });

    /// <summary>A tensor that is no weight of the network; its values are made when the file is written.</summary>
    public string Constant(string name, IReadOnlyList<long> shape, WeightTensor values) => Add(new OnnxInitializer(name, shape, values));

    /// <summary>A single number, shared by all operators that ask for this name.</summary>
    public string Scalar(string name, float value) => Shared(name, _ => new OnnxInitializer(name, [], (WeightTensor)(float[])[value]));

    /// <summary>A single integer, shared by all operators that ask for the same one.</summary>
    public string Integer(long value) => Shared($"int64_scalar_{value}", name => new OnnxInitializer(name, [], (long[])[value]));

    /// <summary>A vector of integers (a shape, axes), shared by all operators that ask for the same one.</summary>
    public string Integers(params long[] values) =>
        Shared(NameOf("int64", values), name => new OnnxInitializer(name, [values.Length], values));

    /// <summary>A vector of numbers (scales), shared by all operators that ask for the same one.</summary>
    public string Floats(params float[] values) =>
        Shared(NameOf("float", values), name => new OnnxInitializer(name, [values.Length], (WeightTensor)values));

    /// <summary>A shape, shared by all that ask for the same: a constant where all sizes are numbers, or made by the graph.</summary>
    public string Shape(params IReadOnlyList<GraphSize> sizes)
    {
        if (sizes.All(size => size.Number is not null))
            return Integers([.. sizes.Select(size => size.Number!.Value)]);
        return AddOnce(
            "Concat", $"shape_{string.Join('_', sizes)}", [.. sizes.Select(size => size.Value ?? Integers(size.Number!.Value))],
            new OnnxAttribute("axis", 0L));
    }

    private static string NameOf<T>(string type, T[] values) where T : IFormattable =>
        $"{type}_{string.Join('_', values.Select(value => value.ToString(null, CultureInfo.InvariantCulture)))}";

    private string Shared(string name, Func<string, OnnxInitializer> create)
    {
        if (_names.Add(name))
            _initializers.Add(create(name));
        return name;
    }

    private string Add(OnnxInitializer tensor)
    {
        Claim(tensor.Name);
        _initializers.Add(tensor);
        return tensor.Name;
    }

    private void Claim(string name)
    {
        if (!_names.Add(name))
            throw new InvalidOperationException($"The graph has two values named '{name}'.");
    }
}
