namespace Microsoft.ML.Conformer.Onnx.Graph;

/// <summary>The tensors that a graph needs, checked when asked for, read when written; one error names all that are faulty.</summary>
/// <param name="source">The tensors; null for a graph of zeros, of which only the form matters.</param>
/// <param name="areFolded">Whether they are a graph's constants already, and not a state dict's tensors.</param>
internal sealed class RequiredWeights(IWeightSource? source, bool areFolded = false)
{
    private List<string> _faults = [];
    private string _prefix = "";

    /// <summary>The same tensors, asked for by what follows this in their names in the state dict.</summary>
    public RequiredWeights Within(string prefix) => new(source, areFolded) { _prefix = prefix, _faults = _faults };

    /// <summary>Asks for a tensor of the state dict; the result reads it. Where weights are folded, nothing asks for its values.</summary>
    public WeightTensor Require(string name, params IReadOnlyList<long> shape) => areFolded
        ? new WeightTensor(Length(shape), _ => throw new InvalidOperationException($"'{name}' is folded; it cannot be read."))
        : Find(_prefix + name, shape);

    /// <summary>A constant of the graph that is folded already; null where it is yet to be folded.</summary>
    public WeightTensor? Stored(string name, IReadOnlyList<long> shape) => areFolded ? Find(name, shape) : null;

    public void ThrowIfFaulty()
    {
        if (_faults.Count > 0)
            throw new OnnxExportException(areFolded
                ? $"It does not hold all weights as float numbers: {_faults.Count} are missing or misshapen. {_faults[0]}"
                : "The weights do not fit the architecture:" + Environment.NewLine + string.Join(Environment.NewLine, _faults));
    }

    private WeightTensor Find(string name, IReadOnlyList<long> shape)
    {
        if (source is null)
            return new WeightTensor(Length(shape), values => values.Clear());
        if (!source.Contains(name))
            _faults.Add($"'{name}' is missing; [{string.Join(", ", shape)}] is expected.");
        else if (source.Shape(name) is var found && !found.SequenceEqual(shape))
            _faults.Add($"'{name}' is [{string.Join(", ", found)}]; [{string.Join(", ", shape)}] is expected.");
        return new WeightTensor(Length(shape), values => source.CopyTo(name, values));
    }

    private static long Length(IReadOnlyList<long> shape) => shape.Aggregate(1L, (size, dimension) => size * dimension);
}
