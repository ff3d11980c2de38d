namespace Microsoft.ML.Conformer.Weights;

/// <summary>A file's tensors under an architecture's own names, without what wrappers add to the names and beside the weights.</summary>
internal sealed class TensorNames
{
    /// <summary>
    /// Wrappers within wrappers that are looked for: a compiled, distributed, averaged model in a Lightning module has four.
    /// </summary>
    private const int MaxWrappers = 8;

    /// <summary>How many models an average is of: torch.optim.swa_utils's name for it, and mmengine's.</summary>
    private static readonly string[] _averageCounters = ["n_averaged", "steps"];

    private readonly VisionArchitecture _architecture;

    public TensorNames(VisionArchitecture architecture, IEnumerable<CheckpointTensor> tensors)
    {
        _architecture = architecture;
        Tensors = [.. tensors.Where(tensor => !IsAverageCounter(tensor))];
        Prefix = CommonPrefix();
    }

    /// <summary>The file's tensors but for counters of averages.</summary>
    public IReadOnlyList<CheckpointTensor> Tensors { get; }

    /// <summary>What all names begin with that is not the architecture's: "_orig_mod." of torch.compile, "module.", "model.".</summary>
    public string Prefix { get; }

    /// <summary>The architecture's name of a tensor.</summary>
    public string Official(CheckpointTensor tensor) => _architecture.OfficialName(tensor.Name[Prefix.Length..]);

    private static bool IsAverageCounter(CheckpointTensor tensor) =>
        tensor.Count == 1 && _averageCounters.Contains(tensor.Name[(tensor.Name.LastIndexOf('.') + 1)..]);

    /// <summary>Nothing is left out where that would not bring any of the architecture's names to light.</summary>
    private string CommonPrefix()
    {
        var known = _architecture.StateDict().Select(tensor => tensor.Name).ToHashSet(StringComparer.Ordinal);
        var length = 0;
        for (var wrappers = 0; wrappers <= MaxWrappers && Tensors.Count > 0; wrappers++)
        {
            if (Tensors.Any(tensor => known.Contains(_architecture.OfficialName(tensor.Name[length..]))))
                return Tensors[0].Name[..length];
            var end = Tensors[0].Name.IndexOf('.', length) + 1;
            var longer = Tensors[0].Name[..end];
            if (end == 0 || !Tensors.All(tensor => tensor.Name.StartsWith(longer, StringComparison.Ordinal)))
                break;
            length = end;
        }
        return "";
    }
}
