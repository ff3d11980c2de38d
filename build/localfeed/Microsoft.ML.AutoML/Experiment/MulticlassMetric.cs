namespace Microsoft.ML.AutoML;

/// <summary>Evaluates one metric.</summary>
internal sealed record MulticlassMetric(MulticlassClassificationMetric Metric, string LabelColumn, string PredictedColumn)
{
    /// <summary>What the experiment minimizes for a value. As in the real package, a log-loss reduction is minimized too.</summary>
    public double Loss(double value) =>
        Metric is MulticlassClassificationMetric.LogLoss or MulticlassClassificationMetric.LogLossReduction ? value : -value;

    public double Evaluate(MLContext context, IDataView scored)
    {
        var metrics = context.MulticlassClassification.Evaluate(scored, LabelColumn, predictedLabelColumnName: PredictedColumn);
        return Metric switch
        {
            MulticlassClassificationMetric.MicroAccuracy => metrics.MicroAccuracy,
            MulticlassClassificationMetric.MacroAccuracy => metrics.MacroAccuracy,
            MulticlassClassificationMetric.LogLoss => metrics.LogLoss,
            MulticlassClassificationMetric.LogLossReduction => metrics.LogLossReduction,
            MulticlassClassificationMetric.TopKAccuracy => metrics.TopKAccuracy,
            _ => throw new NotSupportedException($"There is no multiclass metric {Metric}."),
        };
    }
}
