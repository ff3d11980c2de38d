using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.Conformer.AutoML;

/// <summary>A trial that has ended, as the journal keeps it.</summary>
public sealed record TrialRecord
{
    /// <summary>The trial's number, from 0.</summary>
    public required int Id { get; init; }

    /// <summary>How it ended.</summary>
    public required TrialOutcome Outcome { get; init; }

    /// <summary>What was tried: a point of the experiment's search space.</summary>
    public required Parameter Parameter { get; init; }

    /// <summary>The metric: of the model, if finished; the best on the validation curve, if pruned; null if failed.</summary>
    public double? Metric { get; init; }

    /// <summary>What the experiment minimizes. Any pruned trial's is greater than any finished one's; null if failed.</summary>
    public double? Loss { get; init; }

    /// <summary>The epochs that it was meant to have; 0 if it failed before the first.</summary>
    public int Epochs { get; init; }

    /// <summary>The validation figures after each epoch that it had; empty where the trainer has no validation set.</summary>
    public IReadOnlyList<EpochFigures> Curve { get; init; } = [];

    /// <summary>When it began.</summary>
    public DateTime StartedAtUtc { get; init; }

    /// <summary>How long it took, in seconds.</summary>
    public double Seconds { get; init; }

    /// <summary>Why it failed; null otherwise.</summary>
    public string? Error { get; init; }

    /// <summary>What no trial has, as a sentence; null for a record that can be one.</summary>
    internal string? Fault() =>
        Id is < 0 or > 1 << 30 ? $"{nameof(Id)} is {Id}; it must be at least 0."
        : !Enum.IsDefined(Outcome) ? $"{nameof(Outcome)} is {Outcome}, which is unknown."
        : (Outcome == TrialOutcome.Failed) != Loss is null
            ? $"{nameof(Loss)} is {(Loss is null ? "absent" : "there")}, and {nameof(Outcome)} is {Outcome}."
        : Epochs < 0 ? $"{nameof(Epochs)} is {Epochs}; it must be at least 0."
        : !(double.IsFinite(Seconds) && Seconds >= 0)
            ? FormattableString.Invariant($"{nameof(Seconds)} is {Seconds}; it must be at least 0.")
        : Curve.Any(point => point is null) ? $"{nameof(Curve)} has a point that is null."
        : null;
}

/// <summary>A point of a trial's validation curve.</summary>
/// <param name="Accuracy">Fraction (0-1) of validation images classified rightly.</param>
/// <param name="Loss">Mean cross entropy of the validation images, in nats.</param>
public sealed record EpochFigures(double Accuracy, double Loss);

/// <summary>How a trial ended.</summary>
public enum TrialOutcome
{
    /// <summary>It was trained to its last epoch and evaluated.</summary>
    Finished,

    /// <summary>It was ended early, being worse than others at the same stage.</summary>
    Pruned,

    /// <summary>It threw an exception.</summary>
    Failed,
}
