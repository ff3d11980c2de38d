using Microsoft.ML.AutoML;
using Microsoft.ML.Data;

namespace Conformer.Cli.Sweeping;

/// <summary>The metrics that a sweep can go by, a part of AutoML's.</summary>
internal enum SweepMetric
{
    MicroAccuracy,
    MacroAccuracy,
    LogLoss,
}

internal static class MetricNames
{
    public static MulticlassClassificationMetric OfAutoML(this SweepMetric metric) => metric switch
    {
        SweepMetric.MacroAccuracy => MulticlassClassificationMetric.MacroAccuracy,
        SweepMetric.LogLoss => MulticlassClassificationMetric.LogLoss,
        _ => MulticlassClassificationMetric.MicroAccuracy,
    };

    public static string Text(this MulticlassClassificationMetric metric) => metric switch
    {
        MulticlassClassificationMetric.MacroAccuracy => "macro-accuracy",
        MulticlassClassificationMetric.LogLoss => "log-loss",
        _ => "micro-accuracy",
    };

    public static double Of(this MulticlassClassificationMetric metric, MulticlassClassificationMetrics metrics) => metric switch
    {
        MulticlassClassificationMetric.MacroAccuracy => metrics.MacroAccuracy,
        MulticlassClassificationMetric.LogLoss => metrics.LogLoss,
        _ => metrics.MicroAccuracy,
    };
}
