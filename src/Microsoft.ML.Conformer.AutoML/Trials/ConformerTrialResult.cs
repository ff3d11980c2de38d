using Microsoft.ML.AutoML;

namespace Microsoft.ML.Conformer.AutoML;

/// <summary>A trial's result, as <see cref="ConformerTrialRunner"/> gives it to AutoML's monitors and tuners.</summary>
public sealed class ConformerTrialResult : TrialResult
{
    /// <summary>Finished or pruned; a failed trial has no result.</summary>
    public required TrialOutcome Outcome { get; init; }

    /// <summary>Number of epochs that were trained.</summary>
    public required int EpochsTrained { get; init; }

    /// <summary>Whether it comes from an earlier run's journal.</summary>
    public bool IsRecalled { get; init; }
}
