using Microsoft.ML.AutoML;

namespace Microsoft.ML.Conformer.AutoML;

/// <summary>A trial's result, as <see cref="ConformerTrialRunner"/> gives it to AutoML's monitors and tuners.</summary>
public sealed class ConformerTrialResult : TrialResult
{
    /// <summary>Finished or pruned; a failed trial has no result.</summary>
    public required TrialOutcome Outcome { get; init; }

    /// <summary>Number of epochs that were trained.</summary>
    public required int EpochsTrained { get; init; }

    /// <summary>Number of epochs that it was meant to have.</summary>
    public int Epochs { get; init; }

    /// <summary>
    /// Whether it was ended from outside, with the experiment or by the token of the trainer's options, and has the model of its best epoch
    /// until then.
    /// </summary>
    public bool IsCutShort { get; init; }

    /// <summary>Whether it comes from an earlier run's journal.</summary>
    public bool IsRecalled { get; init; }

    /// <summary>What a journal has of it, or would have if it was not cut short.</summary>
    internal TrialRecord? Record { get; init; }

    /// <summary>The result of a trial that has not failed.</summary>
    internal static ConformerTrialResult Of(
        TrialRecord record, TrialSettings settings, bool isCutShort = false, bool isRecalled = false) => new()
        {
            Outcome = record.Outcome,
            EpochsTrained = record.Curve.Count,
            Epochs = record.Epochs,
            IsCutShort = isCutShort,
            IsRecalled = isRecalled,
            Record = record,
            TrialSettings = settings,
            Metric = record.Metric!.Value,
            Loss = record.Loss!.Value,
            DurationInMilliseconds = TimeSpan.FromSeconds(record.Seconds).TotalMilliseconds,
        };
}
