namespace Microsoft.ML.AutoML;

/// <summary>What to judge a multiclass classifier by.</summary>
public enum MulticlassClassificationMetric
{
    MicroAccuracy = 0,
    MacroAccuracy = 1,
    LogLoss = 2,
    LogLossReduction = 3,
    TopKAccuracy = 4,
}

/// <summary>Evaluates one metric.</summary>
internal sealed record MulticlassMetric(MulticlassClassificationMetric Metric, string LabelColumn, string PredictedColumn)
{
    /// <summary>What the experiment minimizes for a value.</summary>
    public double Loss(double value) => Metric == MulticlassClassificationMetric.LogLoss ? value : -value;

    public double Evaluate(MLContext context, IDataView scored)
    {
        var metrics = context.MulticlassClassification.Evaluate(scored, LabelColumn, predictedLabelColumnName: PredictedColumn);
        return Metric switch
        {
            MulticlassClassificationMetric.MicroAccuracy => metrics.MicroAccuracy,
            MulticlassClassificationMetric.MacroAccuracy => metrics.MacroAccuracy,
            MulticlassClassificationMetric.LogLoss => metrics.LogLoss,
            _ => throw RealPackage.Needed($"The metric {Metric}"),
        };
    }
}
