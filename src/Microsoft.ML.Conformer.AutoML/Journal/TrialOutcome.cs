namespace Microsoft.ML.Conformer.AutoML;

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
