using Microsoft.ML.AutoML;

namespace Microsoft.ML.Conformer.AutoML.Trials;

/// <summary>A metric as trials need it: of a model, of a point on the validation curve, and as a loss.</summary>
internal sealed class TrialMetric
{
    /// <summary>ML.NET takes no probability for less than 1e-15, so that no log-loss exceeds this; accuracies are 1 at most.</summary>
    private const double MaxLogLoss = 34.6, MaxAccuracy = 1;

    private readonly MulticlassClassificationMetric _metric;
    private readonly string _labelColumnName;

    public TrialMetric(MulticlassClassificationMetric metric, string labelColumnName)
    {
        (_metric, _labelColumnName) = (metric, labelColumnName);
        if (metric is not (MulticlassClassificationMetric.MicroAccuracy or MulticlassClassificationMetric.MacroAccuracy
            or MulticlassClassificationMetric.LogLoss))
        {
            throw new ArgumentException($"The metric is {metric}; it must be MicroAccuracy, MacroAccuracy or LogLoss.");
        }
    }

    private bool IsLogLoss => _metric == MulticlassClassificationMetric.LogLoss;

    public double Evaluate(MLContext context, IDataView scored)
    {
        var metrics = context.MulticlassClassification.Evaluate(scored, _labelColumnName);
        return IsLogLoss ? metrics.LogLoss
            : _metric == MulticlassClassificationMetric.MacroAccuracy ? metrics.MacroAccuracy
            : metrics.MicroAccuracy;
    }

    /// <summary>What the experiment minimizes for a finished trial's metric.</summary>
    public double Loss(double metric) => IsLogLoss ? metric : -metric;

    /// <summary>
    /// The same for a pruned trial: as its metric orders them, but above each finished trial's loss, so that a trial without a model is
    /// never the best, and finite, so that tuners can learn from it.
    /// </summary>
    public double PrunedLoss(double metric) => Loss(metric) + (IsLogLoss ? MaxLogLoss : MaxAccuracy);

    /// <summary>The metric's counterpart on the validation curve.</summary>
    public double Of(EpochFigures figures) => IsLogLoss ? figures.Loss : figures.Accuracy;

    public RungScore Score(EpochFigures figures) => new(-Loss(Of(figures)), figures.Loss);
}
