namespace Microsoft.ML.Conformer.Onnx.Graph;

/// <summary>Who makes and who takes each value of a graph.</summary>
internal sealed class GraphLinks(OnnxModel model)
{
    private readonly Dictionary<string, NodeProto> _producers = model.Nodes
        .SelectMany(node => node.Output.Select(output => (output, node))).ToDictionary(pair => pair.output, pair => pair.node);

    private readonly ILookup<string, NodeProto> _consumers = model.Nodes
        .SelectMany(node => node.Input.Distinct().Select(input => (input, node))).ToLookup(pair => pair.input, pair => pair.node);

    private readonly HashSet<string> _outputs = [.. model.Outputs.Select(output => output.Name)];

    /// <summary>The network's first layer, a convolution: what stands before it prepares the images.</summary>
    public NodeProto FirstLayer { get; } = model.Nodes.First(node => node.OpType == "Conv");

    /// <summary>The linear layers whose logits are summed.</summary>
    public IEnumerable<NodeProto> Heads => Producer(GraphNames.Logits)!.Input.Select(logits => Producer(logits)!);

    /// <summary>The operator that makes a value; null for a graph's input or constant.</summary>
    public NodeProto? Producer(string value) => _producers.GetValueOrDefault(value);

    public IEnumerable<NodeProto> Consumers(string value) => _consumers[value];

    public bool IsOutput(string value) => _outputs.Contains(value);

    public IReadOnlySet<NodeProto> Before(string value) =>
        Reach(value, from => Producer(from) is { } producer ? [producer] : [], node => node.Input);

    public IReadOnlySet<NodeProto> After(string value) => Reach(value, Consumers, node => node.Output);

    private static HashSet<NodeProto> Reach(
        string value, Func<string, IEnumerable<NodeProto>> next, Func<NodeProto, IReadOnlyList<string>> values)
    {
        var reached = new HashSet<NodeProto>(ReferenceEqualityComparer.Instance);
        var open = new Stack<string>([value]);
        while (open.TryPop(out var current))
            foreach (var node in next(current))
                if (reached.Add(node))
                    foreach (var further in values(node))
                        open.Push(further);
        return reached;
    }
}
