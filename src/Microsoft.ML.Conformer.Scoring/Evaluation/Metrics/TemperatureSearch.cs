using System.Numerics.Tensors;

namespace Microsoft.ML.Conformer.Evaluation.Metrics;

/// <summary>
/// Looks for the temperature of the lowest log-loss. The log-loss is convex in the inverse temperature, so that its slope has one root at
/// the most.
/// </summary>
internal sealed class TemperatureSearch(ScoredImages images)
{
    private const double Precision = 1e-12;

    /// <summary>Where the log-loss goes on falling, and what it tends to there.</summary>
    public (TemperatureLimit Limit, double LogLoss) Limit() =>
        At(0).Slope >= 0 ? (TemperatureLimit.Infinity, Math.Log(images.Logits.ClassCount))
        : AtZero() is { } logLoss ? (TemperatureLimit.Zero, logLoss)
        : (TemperatureLimit.None, double.NaN);

    /// <summary>The temperature, where <see cref="Limit"/> finds none: by Newton's method, kept between bounds.</summary>
    public double Find()
    {
        var (low, high, at, step) = (0.0, double.PositiveInfinity, 1.0, double.PositiveInfinity);
        while (true)
        {
            var (slope, curvature) = At(at);
            (low, high) = slope < 0 ? (at, high) : (low, at);
            // A step of Newton's that changes nothing may end on a bound, and be no reason to go on halving.
            if (slope == 0 || Math.Abs(slope / curvature) <= Precision * at)
                return 1 / at;
            var (last, next) = (step, at - slope / curvature);
            // Far from the root the slope is all but flat; there a step of Newton's is worth little, or nothing.
            if (!(next > low && next < high && next > at / 8 && next < at * 8 && Math.Abs(next - at) <= last / 2))
                next = low == 0 ? high / 8 : double.IsInfinity(high) ? low * 8 : Math.Sqrt(low * high);
            step = Math.Abs(next - at);
            if (step <= Precision * at || high - low <= Precision * at)
                return 1 / at;
            at = next;
        }
    }

    /// <summary>The first two derivatives of the log-loss by the inverse temperature.</summary>
    public (double Slope, double Curvature) At(double inverseTemperature)
    {
        var (row, slope, curvature) = (new SoftmaxRow(images.Logits, inverseTemperature), 0.0, 0.0);
        foreach (var image in images.Known)
        {
            row.Read(image.Image);
            var mean = TensorPrimitives.Dot<double>(row.Probabilities, row.Logits);
            slope += mean - row.Logits[image.Label];
            for (var index = 0; index < row.Logits.Length; index++)
                curvature += row.Probabilities[index] * (row.Logits[index] - mean) * (row.Logits[index] - mean);
        }
        return (slope / images.Known.Count, curvature / images.Known.Count);
    }

    /// <summary>The log-loss as the temperature goes to 0; null where it is infinite, some image being predicted wrong.</summary>
    private double? AtZero()
    {
        var (row, sum) = (images.NewRow(), 0.0);
        foreach (var image in images.Known)
        {
            row.Read(image.Image);
            if (row.Logits[image.Label] < 0)
                return null;
            sum += Math.Log(row.Logits.Count(logit => logit == 0));
        }
        return sum / images.Known.Count;
    }
}
