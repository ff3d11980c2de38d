namespace Microsoft.ML.Conformer.Weights;

/// <summary>Compares a weight file with an architecture, and plans what to load.</summary>
internal sealed class WeightMatcher(VisionArchitecture architecture, CheckpointFile file)
{
    private readonly List<string> _faults = [];

    /// <summary>
    /// Plans the loading of a file with official, mmpretrain's or DataParallel's names. Where <paramref name="strict"/> (default), anything
    /// missing, unexpected or of the wrong shape is an error; otherwise it is a warning, and what fits is loaded. A file for another number
    /// of classes is taken without its heads where <paramref name="replaceHeads"/> (default, for fine-tuning), or is a wrong shape.
    /// </summary>
    public static WeightPlan Match(VisionArchitecture architecture, CheckpointFile file, bool strict = true, bool replaceHeads = true) =>
        new WeightMatcher(architecture, file).Match(strict, replaceHeads);

    private WeightPlan Match(bool strict, bool replaceHeads)
    {
        var offered = OfficialNames();
        var otherClasses = replaceHeads ? OtherClasses(offered) : null;

        var accepted = new Dictionary<string, CheckpointTensor>(StringComparer.Ordinal);
        var left = new List<string>();
        foreach (var expected in architecture.StateDict())
        {
            var found = offered.Remove(expected.Name, out var tensor);
            if (otherClasses is not null && IsHead(expected.Name))
                left.Add(expected.Name);
            else if (found && Fault(expected, tensor!) is { } fault)
                Leave(expected, fault);
            else if (found)
                accepted.Add(expected.Name, tensor!);
            else if (!expected.IsBatchCounter) // old checkpoints have no counters, and nothing depends on them
                Leave(expected, $"{expected.Name} {Printable.Shape(expected.Shape)} is missing.");
        }
        var unexpected = offered.Values.ToHashSet();
        foreach (var tensor in file.Tensors.Where(unexpected.Contains)) // in the file's order, which a reader of the message can follow
            _faults.Add($"{Named(tensor)} {Printable.Shape(tensor.Shape)} is unexpected.");

        if (_faults.Count > 0 && (strict || accepted.Count == 0))
            throw new WeightMismatchException(file.Name, _faults);
        if (otherClasses is not null)
            _faults.Insert(0, $"The weights in '{file.Name}' are for {otherClasses} classes, the network has {architecture.NumClasses}: "
                + "the heads start from their initial values.");
        return new WeightPlan(file, accepted, left, otherClasses, _faults);

        void Leave(NetworkTensor expected, string fault)
        {
            _faults.Add(fault);
            if (!expected.IsBatchCounter)
                left.Add(expected.Name);
        }
    }

    private Dictionary<string, CheckpointTensor> OfficialNames()
    {
        var byOfficialName = new Dictionary<string, CheckpointTensor>(StringComparer.Ordinal);
        foreach (var tensor in file.Tensors)
            if (!byOfficialName.TryAdd(architecture.OfficialName(tensor.Name), tensor))
                _faults.Add($"{Named(tensor)} and {Printable.Text(byOfficialName[architecture.OfficialName(tensor.Name)].Name)} are "
                    + "the same tensor.");
        return byOfficialName;
    }

    /// <summary>The number of classes that all heads agree on, if it is not the architecture's; otherwise null.</summary>
    private int? OtherClasses(Dictionary<string, CheckpointTensor> offered)
    {
        if (!offered.TryGetValue($"{architecture.Heads[0].Layer}.weight", out var first) || first.Shape is not [> 0 and <= int.MaxValue, _])
            return null;
        var classes = (int)first.Shape[0];
        if (classes == architecture.NumClasses)
            return null;
        var heads = (architecture with { NumClasses = classes }).StateDict().Where(entry => IsHead(entry.Name));
        return heads.All(head => offered.TryGetValue(head.Name, out var tensor) && tensor.Shape.SequenceEqual(head.Shape)) ? classes : null;
    }

    private string? Fault(NetworkTensor expected, CheckpointTensor tensor)
    {
        // A counter may be stored as [1].
        if (expected.IsBatchCounter ? tensor.Count != 1 : !tensor.Shape.SequenceEqual(expected.Shape))
            return $"{Named(tensor)} is {Printable.Shape(tensor.Shape)}; expected {Printable.Shape(expected.Shape)}.";
        return tensor.Type.IsFloatingPoint || (expected.IsBatchCounter && tensor.Type.IsReadable)
            ? null
            : $"{Named(tensor)} is {tensor.Type}; expected a floating-point type.";
    }

    /// <summary>The official name, and the file's own where it differs.</summary>
    private string Named(CheckpointTensor tensor)
    {
        var (official, own) = (architecture.OfficialName(tensor.Name), tensor.Name);
        return official == own ? Printable.Text(own) : $"{Printable.Text(official)} (in the file: {Printable.Text(own)})";
    }

    private bool IsHead(string tensor) => architecture.Heads.Any(head => head.Owns(tensor));
}
