namespace Microsoft.ML.Conformer;

/// <summary>
/// How far metrics would vary with other images of the same kind: percentile intervals of the bootstrap over images (Efron and Tibshirani,
/// "An Introduction to the Bootstrap", 1993, chapter 13).
/// </summary>
/// <remarks>
/// They do not say how training would vary with another seed. The calibration error of few images is too high, that of images drawn again
/// the more so: its interval may lie above the metric.
/// </remarks>
public sealed record ImageClassificationIntervals
{
    /// <summary>The intervals' confidence level, 0-1.</summary>
    public required double Level { get; init; }

    /// <summary>How often images were drawn.</summary>
    public required int Resamples { get; init; }

    /// <summary>Of <see cref="ImageClassificationMetrics.Accuracy"/>.</summary>
    public required MetricInterval Accuracy { get; init; }

    /// <summary>Of <see cref="ImageClassificationMetrics.TopKAccuracies"/>, from k = 1 on.</summary>
    public required IReadOnlyList<MetricInterval> TopKAccuracies { get; init; }

    /// <summary>Of <see cref="ImageClassificationMetrics.BalancedAccuracy"/>.</summary>
    public required MetricInterval BalancedAccuracy { get; init; }

    /// <summary>Of the F1 in <see cref="ImageClassificationMetrics.MacroOfPresentClasses"/>.</summary>
    public required MetricInterval MacroF1 { get; init; }

    /// <summary>Of <see cref="ImageClassificationMetrics.LogLoss"/>, in nats.</summary>
    public required MetricInterval LogLoss { get; init; }

    /// <summary>Of <see cref="ImageClassificationMetrics.BrierScore"/>.</summary>
    public required MetricInterval BrierScore { get; init; }

    /// <summary>Of <see cref="ImageClassificationMetrics.ExpectedCalibrationError"/>.</summary>
    public required MetricInterval ExpectedCalibrationError { get; init; }

    /// <param name="images">At least one is of a class.</param>
    /// <param name="topK">The largest k of the top-k accuracies.</param>
    /// <param name="binCount">Of the reliability diagram.</param>
    /// <param name="resamples">At least 1.</param>
    /// <param name="level">Between 0 and 1.</param>
    /// <param name="seed">The same one gives the same intervals.</param>
    internal static ImageClassificationIntervals Of(
        ScoredImages images, int topK = 5, int binCount = 15, int resamples = 1000, double level = 0.95, int seed = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(resamples, 1);
        if (!(level is > 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(level), level, "It must be between 0 and 1.");
        var bootstrap = new Bootstrap(images, Math.Min(topK, images.Logits.ClassCount), binCount);
        bootstrap.Draw(resamples, seed);
        MetricInterval Interval(List<double> values) => MetricInterval.Of(values, level);
        List<MetricInterval> topKs = [.. bootstrap.TopKAccuracies.Select(Interval)];
        return new ImageClassificationIntervals
        {
            Level = level,
            Resamples = resamples,
            Accuracy = topKs[0],
            TopKAccuracies = topKs,
            BalancedAccuracy = Interval(bootstrap.BalancedAccuracies),
            MacroF1 = Interval(bootstrap.MacroF1s),
            LogLoss = Interval(bootstrap.LogLosses),
            BrierScore = Interval(bootstrap.BrierScores),
            ExpectedCalibrationError = Interval(bootstrap.CalibrationErrors),
        };
    }
}

/// <summary>A confidence interval.</summary>
/// <param name="Low">Its lower end.</param>
/// <param name="High">Its upper end.</param>
public sealed record MetricInterval(double Low, double High)
{
    /// <summary>The middle share of the values, with interpolation between them.</summary>
    internal static MetricInterval Of(IEnumerable<double> values, double level)
    {
        double[] sorted = [.. values.Order()];
        return new MetricInterval(Quantile(sorted, (1 - level) / 2), Quantile(sorted, (1 + level) / 2));
    }

    private static double Quantile(double[] sorted, double share)
    {
        var place = share * (sorted.Length - 1);
        var below = (int)place;
        var above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
    }
}
