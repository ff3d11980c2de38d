namespace Microsoft.ML.Conformer.Evaluation.Reports;

/// <summary>A figure in which branches are compared.</summary>
/// <param name="Name">At most 17 characters.</param>
/// <param name="Value">The figure; null where it is undefined.</param>
/// <param name="Interval">Its confidence interval, where there is one.</param>
internal sealed record MetricFigure(
    string Name, Func<ImageClassificationMetrics, double?> Value, Func<ImageClassificationIntervals, MetricInterval>? Interval = null)
{
    /// <summary>The figures of tables; of the top-k accuracies the first and the last that is not 1 by itself.</summary>
    public static IReadOnlyList<MetricFigure> Of(ImageClassificationMetrics metrics) =>
    [
        new("accuracy", m => m.Accuracy, i => i.Accuracy),
        .. ((int[])[2, metrics.TopKAccuracies.Count]).Distinct().Where(k => k >= 2 && k <= metrics.TopKAccuracies.Count)
            .Where(k => k < metrics.Classes.Count)
            .Select(k => new MetricFigure($"top-{k} accuracy", m => m.TopKAccuracies[k - 1], i => i.TopKAccuracies[k - 1])),
        new("macro F1", m => m.MacroOfPresentClasses.F1, i => i.MacroF1),
        new("balanced accuracy", m => m.BalancedAccuracy, i => i.BalancedAccuracy),
        new("Cohen's kappa", m => m.CohenKappa),
        new("log loss (nats)", m => m.LogLoss, i => i.LogLoss),
        new("Brier score", m => m.BrierScore, i => i.BrierScore),
        new("calibration error", m => m.ExpectedCalibrationError, i => i.ExpectedCalibrationError),
        new("ROC AUC, macro", m => m.RocAucMacro),
    ];

    /// <summary>The interval of this figure as "[low high]"; empty where there is none.</summary>
    public string IntervalText(ImageClassificationIntervals intervals) =>
        Interval?.Invoke(intervals) is { } interval ? $"[{FigureText.Number(interval.Low)} {FigureText.Number(interval.High)}]" : "";
}
