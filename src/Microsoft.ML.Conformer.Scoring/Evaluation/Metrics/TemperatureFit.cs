using System.Text.Json.Serialization;

namespace Microsoft.ML.Conformer;

/// <summary>
/// Temperature scaling: the number by which to divide logits so that the probabilities have the lowest log-loss (Guo, Pleiss, Sun and
/// Weinberger, "On Calibration of Modern Neural Networks", ICML 2017). It leaves the predicted classes as they are.
/// </summary>
/// <remarks>The figures are those of the images of the fit; other images tell how much is gained.</remarks>
public sealed record TemperatureFit
{
    /// <summary>Above 0; above 1 where the network is too sure of itself. Null where no temperature is the best one.</summary>
    public required double? Temperature { get; init; }

    /// <summary>Why there is no best temperature.</summary>
    public required TemperatureLimit Limit { get; init; }

    /// <summary>Log-loss of the logits as they are, in nats.</summary>
    public required double LogLossBefore { get; init; }

    /// <summary>Log-loss at the temperature, or what it tends to, in nats.</summary>
    public required double LogLossAfter { get; init; }

    /// <summary>Expected calibration error of the logits as they are, 0-1.</summary>
    public required double CalibrationErrorBefore { get; init; }

    /// <summary>Expected calibration error at the temperature, 0-1; null without one.</summary>
    public required double? CalibrationErrorAfter { get; init; }

    /// <param name="before">The images with their logits as they are.</param>
    /// <param name="binCount">Of the reliability diagram.</param>
    internal static TemperatureFit To(ScoredImages before, int binCount = 15)
    {
        var search = new TemperatureSearch(before);
        var (limit, lossAtLimit) = search.Limit();
        var after = limit == TemperatureLimit.None ? new ScoredImages(before.Logits, search.Find()) : null;
        return new TemperatureFit
        {
            Temperature = after?.Temperature,
            Limit = limit,
            LogLossBefore = before.Known.Average(image => image.LogLoss),
            LogLossAfter = after?.Known.Average(image => image.LogLoss) ?? lossAtLimit,
            CalibrationErrorBefore = Reliability.Of(before.Known, binCount).ExpectedError,
            CalibrationErrorAfter = after is null ? null : Reliability.Of(after.Known, binCount).ExpectedError,
        };
    }
}

/// <summary>Where the log-loss goes on falling.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TemperatureLimit>))]
public enum TemperatureLimit
{
    /// <summary>Nowhere: there is a best temperature.</summary>
    None = 0,

    /// <summary>As the temperature grows: the logits are no better than equal probabilities for all classes.</summary>
    Infinity = 1,

    /// <summary>As the temperature goes to 0: no image is predicted wrong, so that no confidence is too high.</summary>
    Zero = 2,
}
