namespace Microsoft.ML.Data;

/// <summary>How well a multiclass classifier does on a data set.</summary>
public sealed class MulticlassClassificationMetrics
{
    internal MulticlassClassificationMetrics()
    {
    }

    /// <summary>The mean of -ln(probability of the true class), in nats; at least 0, lower is better.</summary>
    public double LogLoss { get; internal init; }

    /// <summary>How much lower <see cref="LogLoss"/> is than that of always predicting the classes' frequencies, as a fraction.</summary>
    public double LogLossReduction { get; internal init; }

    /// <summary>The mean over classes of the fraction of a class's rows that are predicted right.</summary>
    public double MacroAccuracy { get; internal init; }

    /// <summary>The fraction of rows that are predicted right.</summary>
    public double MicroAccuracy { get; internal init; }

    /// <summary>The last of <see cref="TopKAccuracyForAllK"/>; 0 where k was not given.</summary>
    public double TopKAccuracy => TopKAccuracyForAllK?.LastOrDefault() ?? 0;

    public int TopKPredictionCount { get; internal init; }

    /// <summary>
    /// For k = 1, 2, ...: the fraction of rows whose true class is among the k with the highest scores; null where k was not given.
    /// </summary>
    public IReadOnlyList<double> TopKAccuracyForAllK { get; internal init; }

    /// <summary>The log-loss over the rows of each class.</summary>
    public IReadOnlyList<double> PerClassLogLoss { get; internal init; }

    public ConfusionMatrix ConfusionMatrix { get; internal init; }
}
