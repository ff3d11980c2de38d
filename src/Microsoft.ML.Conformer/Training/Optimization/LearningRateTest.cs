namespace Microsoft.ML.Conformer.Training.Optimization;

/// <summary>
/// The learning-rate range test of Smith, "Cyclical Learning Rates for Training Neural Networks", 2017, with fastai's smoothing and end.
/// </summary>
internal static class LearningRateTest
{
    private const double Divergence = 4;

    /// <param name="options">Checked.</param>
    /// <param name="step">Takes a step with a learning rate and gives the loss before it.</param>
    /// <exception cref="InvalidOperationException">The first loss is not finite.</exception>
    public static LearningRateCurve Run(LearningRateFinderOptions options, Func<double, double> step)
    {
        var points = new List<LearningRatePoint>();
        var (average, lowest) = (0.0, double.PositiveInfinity);
        for (var i = 0; i < options.Steps; i++)
        {
            var rate = options.Min * Math.Pow(options.Max / options.Min, (double)i / (options.Steps - 1));
            var loss = step(rate);
            if (!double.IsFinite(loss))
                break;
            average = options.Smoothing * average + (1 - options.Smoothing) * loss;
            var smoothed = average / (1 - Math.Pow(options.Smoothing, i + 1));
            points.Add(new LearningRatePoint(rate, loss, smoothed));
            lowest = Math.Min(lowest, smoothed);
            if (smoothed > Divergence * lowest)
                break;
        }
        return points.Count > 0 ? new LearningRateCurve(points, options.Steps / 10) : throw new InvalidOperationException(
            "The loss of the first step is not finite, before any learning rate could have an effect: check the starting weights.");
    }
}
