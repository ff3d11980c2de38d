namespace Microsoft.ML.Conformer.Weights;

/// <summary>The published network that a weight file fits best.</summary>
/// <param name="Network">The network, and how options say which.</param>
/// <param name="Architecture">Its shape, with the file's number of classes where all heads agree on one.</param>
/// <param name="Plan">What of the file goes into it.</param>
/// <param name="Faults">What does not fit; heads that the file lacks are no fault.</param>
internal sealed record ClosestNetwork(
    PublishedNetwork Network, VisionArchitecture Architecture, WeightPlan Plan, IReadOnlyList<WeightFault> Faults)
{
    public bool Fits => Faults.Count == 0;

    public bool HasHeads => Plan.ReplacedClasses is not null || Plan.Tensors.Keys.Any(Architecture.IsHead);
}

/// <summary>Why a tensor does not fit: a kind, to be counted, and a sentence.</summary>
internal sealed record WeightFault(WeightFaultKind Kind, string Text);

internal enum WeightFaultKind { Missing, Unexpected, Shape, Type, Twice }
