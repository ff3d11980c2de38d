using static Microsoft.ML.Conformer.Evaluation.Reports.FigureText;

namespace Microsoft.ML.Conformer.Evaluation.Reports;

/// <summary>What figures mean, in sentences.</summary>
internal static class MetricWords
{
    private const double Significance = 0.05, LeastShown = 0.001;

    /// <param name="test">Of two branches.</param>
    /// <param name="first">What the first is called.</param>
    /// <param name="second">What the second is called.</param>
    public static string Of(McNemarTest test, string first, string second)
    {
        var probability = test.PValue < LeastShown ? "below 0.001" : Number(test.PValue);
        var verdict = test.PValue >= Significance ? "these images do not tell which branch is better"
            : $"{(test.OnlyFirstRight > test.OnlySecondRight ? first : second)} is better";
        return $"Both branches are right on {Count(test.BothRight, "image", "images")}, {first} alone on {Count(test.OnlyFirstRight)}, " +
            $"{second} alone on {Count(test.OnlySecondRight)}, neither on {Count(test.BothWrong)}. Branches that are equally good would " +
            $"differ at least as much with probability {probability} (McNemar's exact test): {verdict}.";
    }

    public static string Of(TemperatureFit fit) => fit.Limit switch
    {
        TemperatureLimit.Infinity => "No temperature is the best: the log loss falls to that of equal probabilities as the temperature " +
            "grows. The network is no better than guessing.",
        TemperatureLimit.Zero => "No temperature is the best: the log loss falls as the temperature goes to 0, since no image is " +
            "predicted wrong. More images would tell.",
        _ => $"Divided by a temperature of {Number(fit.Temperature)}, the logits have a log loss of {Number(fit.LogLossAfter)} in the " +
            $"place of {Number(fit.LogLossBefore)}, and a calibration error of {Number(fit.CalibrationErrorAfter)} in the place of " +
            $"{Number(fit.CalibrationErrorBefore)}. The network is {(fit.Temperature > 1 ? "too sure of itself" : "not sure enough")}. " +
            "The temperature was fitted to these images: on others a little less is gained.",
    };

    /// <summary>What the least threshold for an accuracy costs.</summary>
    /// <param name="point">Null where none is enough.</param>
    public static string Of(RejectionPoint? point) => point switch
    {
        null => "no threshold is enough",
        { Threshold: 0 } => $"no threshold is needed: {Percent(point.Accuracy)} of all are right",
        _ => $"{Number(point.Threshold)} accepts {Percent(point.Coverage)}, of which {Percent(point.Accuracy)} are right",
    };
}
