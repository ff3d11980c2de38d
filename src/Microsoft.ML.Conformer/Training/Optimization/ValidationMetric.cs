namespace Microsoft.ML.Conformer;

/// <summary>What tells which epoch's weights are the best.</summary>
public enum ValidationMetric
{
    /// <summary>The fraction of the validation images that are classified rightly; of equal ones the lower loss.</summary>
    Accuracy,

    /// <summary>
    /// The mean of the classes' accuracies, each being the fraction of a class's images that are classified rightly, so that rare classes
    /// count as much as frequent ones; of equal ones the lower loss. Classes without validation images have no part in it.
    /// </summary>
    MacroAccuracy,

    /// <summary>The mean cross entropy of the validation images' scores, the lower the better; of equal ones the higher accuracy.</summary>
    Loss,
}
