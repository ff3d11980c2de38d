using Microsoft.ML.Conformer.Networks.Conformer;
using Microsoft.ML.Conformer.Weights.Checkpoints;
using Microsoft.ML.Conformer.Weights.Torch;

namespace Microsoft.ML.Conformer.Weights;

/// <summary>Compares a weight file with an architecture, and plans what to load.</summary>
internal static class WeightMatcher
{
    /// <summary>The only tensors whose shape depends on the number of classes.</summary>
    private static readonly string[] _headNames =
        ["trans_cls_head.weight", "trans_cls_head.bias", "conv_cls_head.weight", "conv_cls_head.bias"];

    /// <summary>Plans the loading of <paramref name="file"/> into a network of <paramref name="architecture"/>.</summary>
    /// <param name="architecture">The network's shape.</param>
    /// <param name="file">The opened file; official, mmpretrain's or DataParallel's names.</param>
    /// <param name="strict">
    /// Whether anything missing, unexpected or of the wrong shape is an error (default); otherwise it is a warning, and what fits is
    /// loaded.
    /// </param>
    /// <param name="replaceHeads">
    /// Whether a file for another number of classes is taken without its heads (default, for fine-tuning), or is a wrong shape.
    /// </param>
    /// <exception cref="WeightMismatchException">The file does not fit; where not strict: nothing in it does.</exception>
    public static WeightPlan Match(ConformerArchitecture architecture, CheckpointFile file, bool strict = true, bool replaceHeads = true)
    {
        var faults = new List<string>();
        var offered = OfficialNames(file, faults);
        var otherClasses = replaceHeads ? OtherClasses(architecture, offered) : null;

        var accepted = new Dictionary<string, CheckpointTensor>(StringComparer.Ordinal);
        var left = new List<string>();
        foreach (var expected in ConformerLayout.StateDict(architecture))
        {
            var found = offered.Remove(expected.Name, out var tensor);
            if (otherClasses is not null && _headNames.Contains(expected.Name))
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
            faults.Add($"{Named(tensor)} {Printable.Shape(tensor.Shape)} is unexpected.");

        if (faults.Count > 0 && (strict || accepted.Count == 0))
            throw new WeightMismatchException(file.Name, faults);
        if (otherClasses is not null)
            faults.Insert(0, $"The weights in '{file.Name}' are for {otherClasses} classes, the network has {architecture.NumClasses}: "
                + "both heads start from their initial values.");
        return new WeightPlan(file, accepted, left, otherClasses, faults);

        void Leave(NetworkTensor expected, string fault)
        {
            faults.Add(fault);
            if (!expected.IsBatchCounter)
                left.Add(expected.Name);
        }
    }

    private static Dictionary<string, CheckpointTensor> OfficialNames(CheckpointFile file, List<string> faults)
    {
        var byOfficialName = new Dictionary<string, CheckpointTensor>(StringComparer.Ordinal);
        foreach (var tensor in file.Tensors)
            if (!byOfficialName.TryAdd(ConformerKeyMap.ToOfficial(tensor.Name), tensor))
                faults.Add($"{Named(tensor)} and {Printable.Text(byOfficialName[ConformerKeyMap.ToOfficial(tensor.Name)].Name)} are "
                    + "the same tensor.");
        return byOfficialName;
    }

    /// <summary>The number of classes that all four head tensors agree on, if it is not the architecture's; otherwise null.</summary>
    private static int? OtherClasses(ConformerArchitecture architecture, Dictionary<string, CheckpointTensor> offered)
    {
        if (!offered.TryGetValue(_headNames[0], out var first) || first.Shape is not [> 0 and <= int.MaxValue, _])
            return null;
        var classes = (int)first.Shape[0];
        if (classes == architecture.NumClasses)
            return null;
        var heads = ConformerLayout.StateDict(architecture with { NumClasses = classes }).Where(entry => _headNames.Contains(entry.Name));
        return heads.All(head => offered.TryGetValue(head.Name, out var tensor) && tensor.Shape.SequenceEqual(head.Shape)) ? classes : null;
    }

    private static string? Fault(NetworkTensor expected, CheckpointTensor tensor)
    {
        // A counter may be stored as [1].
        if (expected.IsBatchCounter ? tensor.Count != 1 : !tensor.Shape.SequenceEqual(expected.Shape))
            return $"{Named(tensor)} is {Printable.Shape(tensor.Shape)}; expected {Printable.Shape(expected.Shape)}.";
        return tensor.Type.IsFloatingPoint || (expected.IsBatchCounter && tensor.Type.IsReadable)
            ? null
            : $"{Named(tensor)} is {tensor.Type}; expected a floating-point type.";
    }

    /// <summary>The official name, and the file's own where it differs.</summary>
    private static string Named(CheckpointTensor tensor)
    {
        var (official, own) = (ConformerKeyMap.ToOfficial(tensor.Name), tensor.Name);
        return official == own ? Printable.Text(own) : $"{Printable.Text(official)} (in the file: {Printable.Text(own)})";
    }
}
