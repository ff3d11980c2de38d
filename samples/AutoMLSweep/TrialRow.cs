using Microsoft.ML.AutoML;

namespace AutoMLSweep;

internal enum TrialState
{
    Running,
    Finished,
    Pruned,
    Failed,
}

/// <summary>How a trial stands.</summary>
/// <param name="settings">AutoML's settings of the trial.</param>
/// <param name="index">The trial's place in the order of this run, from 0.</param>
internal sealed class TrialRow(TrialSettings settings, int index)
{
    public TrialSettings Settings => settings;

    public int Index => index;

    public TrialState State { get; set; }

    /// <summary>Whether an earlier run has trained it.</summary>
    public bool IsRecalled { get; set; }

    public bool IsBest { get; set; }

    public int Epochs { get; set; }

    /// <summary>Epochs trained so far, the current one as a fraction.</summary>
    public double EpochsDone { get; set; }

    /// <summary>Validation accuracy of the last epoch that has ended.</summary>
    public double? Accuracy { get; set; }

    public double? Metric { get; set; }

    public double? Seconds { get; set; }

    public string? Error { get; set; }

    public string Values => SweptValues.Describe(settings.Parameter);
}
