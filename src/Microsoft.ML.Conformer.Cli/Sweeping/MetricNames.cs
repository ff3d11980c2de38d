using Microsoft.ML.AutoML;
using Microsoft.ML.Data;

namespace Conformer.Cli.Sweeping;

internal static class MetricNames
{
    /// <summary>The metrics that a sweep can go by.</summary>
    public static IReadOnlyList<MulticlassClassificationMetric> All { get; } =
    [
        MulticlassClassificationMetric.MicroAccuracy, MulticlassClassificationMetric.MacroAccuracy, MulticlassClassificationMetric.LogLoss,
    ];

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
