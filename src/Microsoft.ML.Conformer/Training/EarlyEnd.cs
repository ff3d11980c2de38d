namespace Microsoft.ML.Conformer;

/// <summary>What becomes of a training run that ends before its last epoch.</summary>
public enum EarlyEnd
{
    /// <summary>Fit throws, and gives no model.</summary>
    Throw,

    /// <summary>
    /// Fit gives the model with the best weights so far, and the log says so; it throws where there are none yet. Without validation they
    /// are the last ones, but none after a divergence.
    /// </summary>
    ReturnBest,
}
