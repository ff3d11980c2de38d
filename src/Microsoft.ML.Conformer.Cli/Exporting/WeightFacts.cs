using Microsoft.ML.Conformer.Weights;

namespace Conformer.Cli.Exporting;

/// <summary>What is in a weight file, and which published network it fits.</summary>
internal sealed record WeightFacts
{
    private const int MostFaults = 5;

    private static readonly Dictionary<WeightFaultKind, string> _faults = new()
    {
        [WeightFaultKind.Missing] = "missing",
        [WeightFaultKind.Unexpected] = "unexpected",
        [WeightFaultKind.Shape] = "of another shape",
        [WeightFaultKind.Type] = "of another type",
        [WeightFaultKind.Twice] = "there twice",
    };

    private readonly ClosestNetwork _closest;

    private WeightFacts(string file, CheckpointFile weights)
    {
        (File, Bytes, Format, Tensors) = (file, new FileInfo(file).Length, weights.Format, weights.Tensors.Count);
        Parameters = weights.Tensors.Where(tensor => tensor.Type.IsFloatingPoint).Sum(tensor => (decimal)tensor.Count);
        Types = weights.Tensors.GroupBy(tensor => tensor.Type.Name).ToDictionary(type => type.Key, type => type.Count());
        _closest = WeightMatcher.Closest(weights);
    }

    public string Kind => "weights";

    public string File { get; }

    public long Bytes { get; }

    public CheckpointFormat Format { get; }

    public int Tensors { get; }

    /// <summary>All values in floating point, running means of norms among them.</summary>
    public decimal Parameters { get; }

    /// <summary>How many tensors of each type there are.</summary>
    public IReadOnlyDictionary<string, int> Types { get; }

    public string Network => NetworkNames.KindOf(_closest.Architecture);

    /// <summary>The nearest published variant.</summary>
    public string? Variant => NetworkNames.VariantOf(_closest.Architecture, 224);

    /// <summary>What to set of the trainer's options for it.</summary>
    public string Option => _closest.Network.Option;

    public bool Fits => _closest.Fits;

    /// <summary>The number of classes of the heads; null where there are none, or the file does not fit.</summary>
    public int? Classes => Fits && _closest.HasHeads ? _closest.Architecture.NumClasses : null;

    public IReadOnlyList<string> Notes => _closest.Plan.Notes;

    /// <summary>How many tensors do not fit, by why.</summary>
    public IReadOnlyDictionary<WeightFaultKind, int> FaultCounts =>
        _closest.Faults.GroupBy(fault => fault.Kind).ToDictionary(kind => kind.Key, kind => kind.Count());

    /// <summary>The first of them.</summary>
    public IReadOnlyList<string> Faults => [.. _closest.Faults.Take(MostFaults).Select(fault => fault.Text)];

    /// <summary>Looks at a file or published weights; no value is read.</summary>
    public static WeightFacts Of(string pathOrName, CancellationToken cancellation)
    {
        var path = PretrainedWeights.Locate("path", pathOrName, expected: null, download: null, cancellation);
        using var file = CheckpointFile.Open(path);
        return new WeightFacts(path, file);
    }

    public IEnumerable<(string Name, string Text)> Lines()
    {
        yield return ("file", VisibleText.OfPath(File));
        yield return ("size", Facts.Size(Bytes));
        yield return ("format", Format switch
        {
            CheckpointFormat.Safetensors => "weights, safetensors",
            CheckpointFormat.TorchZip => "weights, PyTorch (zip)",
            _ => "weights, PyTorch before 1.6",
        });
        yield return ("tensors", $"{Facts.Count(Tensors)}: " + string.Join(", ", Types.Select(
            type => $"{Facts.Count(type.Value)} {VisibleText.Of(type.Key)}")));
        yield return ("parameters", FormattableString.Invariant($"{Parameters:N0}"));
        foreach (var line in Fits ? Fitting() : NotFitting())
            yield return line;
        foreach (var note in Notes)
            yield return ("note", note);
    }

    private IEnumerable<(string Name, string Text)> Fitting()
    {
        yield return ("network", Variant ?? Network);
        yield return ("classes", Classes is { } classes ? Facts.Count(classes) : "none: it has no heads");
        yield return ("to train", $"set {Option}");
    }

    private IEnumerable<(string Name, string Text)> NotFitting()
    {
        yield return ("network", _closest.Plan.Tensors.Count == 0
            ? "of no network that this program knows"
            : $"of no published variant; the nearest is {Variant ?? Network}");
        yield return ("does not fit", $"{Facts.Count(_closest.Faults.Count)} tensors: " + string.Join(", ", FaultCounts.Select(
            kind => $"{Facts.Count(kind.Value)} {_faults[kind.Key]}")));
        foreach (var fault in Faults)
            yield return ("such as", fault);
    }
}
