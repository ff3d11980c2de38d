namespace Microsoft.ML.Conformer.Weights;

/// <summary>Compares a weight file with an architecture, and plans what to load.</summary>
internal sealed class WeightMatcher
{
    private readonly VisionArchitecture _architecture;
    private readonly CheckpointFile _file;
    private readonly TensorNames _names;
    private readonly List<WeightFault> _faults = [];

    private WeightMatcher(VisionArchitecture architecture, CheckpointFile file) =>
        (_architecture, _file, _names) = (architecture, file, new TensorNames(architecture, file.Tensors));

    /// <summary>
    /// Plans the loading of a file with official or mmpretrain's names, in whatever wrappers. Where <paramref name="strict"/> (default),
    /// anything missing, unexpected or of the wrong shape is an error; otherwise it is a warning, and what fits is loaded. A file without
    /// heads, or with heads for another number of classes, is taken without them where <paramref name="replaceHeads"/> (default, for
    /// fine-tuning); otherwise that is a fault too.
    /// </summary>
    public static WeightPlan Match(VisionArchitecture architecture, CheckpointFile file, bool strict = true, bool replaceHeads = true)
    {
        var matcher = new WeightMatcher(architecture, file);
        var plan = matcher.Compare(replaceHeads);
        if (matcher._faults.Count > 0 && (strict || plan.Tensors.Count == 0))
            throw new WeightMismatchException(
                file.Name, [.. matcher._faults.Select(fault => fault.Text)], Advice(architecture, file, replaceHeads));
        return plan with { Warnings = [.. plan.Warnings, .. matcher._faults.Select(fault => fault.Text)] };
    }

    /// <summary>The published network that a file fits best, but for heads that the file may lack.</summary>
    public static ClosestNetwork Closest(CheckpointFile file)
    {
        var (published, plan, faults) = PublishedNetwork.With([.. file.Tensors.Select(tensor => tensor.Name)]).Select(published =>
        {
            var matcher = new WeightMatcher(published.Architecture, file);
            return (Published: published, Plan: matcher.Compare(replaceHeads: true), Faults: matcher._faults);
        }).MinBy(one => one.Faults.Count);
        var architecture = published.Architecture;
        return new ClosestNetwork(
            published, architecture with { NumClasses = plan.ReplacedClasses ?? architecture.NumClasses }, plan, faults);
    }

    private static string? Advice(VisionArchitecture architecture, CheckpointFile file, bool replaceHeads)
    {
        if (!replaceHeads)
            return "Only the weights of a published variant, all heads included, are a classifier.";
        var match = Closest(file);
        var (published, closest) = (match.Network, match.Architecture);
        return !match.Fits || architecture.Equals(closest with { NumClasses = architecture.NumClasses }) ? null
            : architecture.GetType() == closest.GetType() ? $"They fit another network: set {published.Option}."
            : $"They are a {published.Trainer}'s: take its trainer, and set {published.Option}.";
    }

    private WeightPlan Compare(bool replaceHeads)
    {
        var offered = ByOfficialName();
        var otherClasses = replaceHeads ? OtherClasses(offered) : null;
        var headless = replaceHeads && !offered.Keys.Any(_architecture.IsHead);

        var accepted = new Dictionary<string, CheckpointTensor>(StringComparer.Ordinal);
        var left = new List<string>();
        foreach (var expected in _architecture.StateDict())
        {
            var found = offered.Remove(expected.Name, out var tensor);
            if ((otherClasses is not null || headless) && _architecture.IsHead(expected.Name))
                left.Add(expected.Name);
            else if (found && Fault(expected, tensor!) is { } fault)
                Leave(expected, fault);
            else if (found)
            {
                if (!expected.IsPositionIndex)
                    accepted.Add(expected.Name, tensor!);
            }
            else if (!expected.IsInteger) // old checkpoints have no counters, and nothing depends on them
                Leave(expected, new(WeightFaultKind.Missing, $"{expected.Name} {CheckpointTensor.ShapeText(expected.Shape)} is missing."));
        }
        var unexpected = offered.Values.ToHashSet();
        foreach (var tensor in _names.Tensors.Where(unexpected.Contains)) // in the file's order, which a reader of the message can follow
            _faults.Add(new(
                WeightFaultKind.Unexpected, $"{Named(tensor)} {CheckpointTensor.ShapeText(tensor.Shape)} is unexpected."));

        string? heads = otherClasses is not null
            ? $"The weights in '{VisibleText.OfPath(_file.Name)}' are for {otherClasses} classes, the network has "
                + $"{_architecture.NumClasses}: the heads start from their initial values."
            : headless
                ? $"The weights in '{VisibleText.OfPath(_file.Name)}' have no heads: the heads start from their initial values."
                : null;
        return new WeightPlan(_file, accepted, left, otherClasses, [.. Notes()], heads is null ? [] : [heads]);

        void Leave(NetworkTensor expected, WeightFault fault)
        {
            _faults.Add(fault);
            if (!expected.IsInteger)
                left.Add(expected.Name);
        }
    }

    private IEnumerable<string> Notes()
    {
        if (_file.Note is not null)
            yield return _file.Note;
        if (_names.Prefix.Length > 0)
            yield return $"The names of all tensors begin with '{VisibleText.Of(_names.Prefix)}', which is left out.";
    }

    private Dictionary<string, CheckpointTensor> ByOfficialName()
    {
        var byOfficialName = new Dictionary<string, CheckpointTensor>(StringComparer.Ordinal);
        foreach (var tensor in _names.Tensors)
            if (!byOfficialName.TryAdd(_names.Official(tensor), tensor))
                _faults.Add(new(
                    WeightFaultKind.Twice,
                    $"{Named(tensor)} and {VisibleText.Of(byOfficialName[_names.Official(tensor)].Name)} are the same tensor."));
        return byOfficialName;
    }

    /// <summary>The number of classes that all heads agree on, if it is not the architecture's; otherwise null.</summary>
    private int? OtherClasses(Dictionary<string, CheckpointTensor> offered)
    {
        if (!offered.TryGetValue($"{_architecture.Heads[0].Layer}.weight", out var first) || first.Shape is not [> 0 and <= int.MaxValue, _])
            return null;
        var classes = (int)first.Shape[0];
        if (classes == _architecture.NumClasses)
            return null;
        var heads = (_architecture with { NumClasses = classes }).StateDict().Where(entry => _architecture.IsHead(entry.Name));
        return heads.All(head => offered.TryGetValue(head.Name, out var tensor) && tensor.Shape.SequenceEqual(head.Shape)) ? classes : null;
    }

    private WeightFault? Fault(NetworkTensor expected, CheckpointTensor tensor)
    {
        // A counter may be stored as [1].
        if (expected.IsBatchCounter ? tensor.Count != 1 : !tensor.Shape.SequenceEqual(expected.Shape))
            return new(
                WeightFaultKind.Shape,
                $"{Named(tensor)} is {CheckpointTensor.ShapeText(tensor.Shape)}; expected {CheckpointTensor.ShapeText(expected.Shape)}.");
        return tensor.Type.IsFloatingPoint || (expected.IsInteger && tensor.Type.IsReadable)
            ? null
            : new(WeightFaultKind.Type, $"{Named(tensor)} is {tensor.Type}; expected a floating-point type.");
    }

    /// <summary>The official name, and the file's own where it differs.</summary>
    private string Named(CheckpointTensor tensor)
    {
        var (official, own) = (_names.Official(tensor), tensor.Name);
        return official == own ? VisibleText.Of(own) : $"{VisibleText.Of(official)} (in the file: {VisibleText.Of(own)})";
    }
}
