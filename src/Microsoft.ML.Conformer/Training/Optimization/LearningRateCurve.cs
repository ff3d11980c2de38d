namespace Microsoft.ML.Conformer;

/// <summary>
/// How the training loss goes while the learning rate rises; from <see cref="ImageClassificationTrainer.FindLearningRate"/>.
/// </summary>
public sealed class LearningRateCurve
{
    /// <summary>Points at the end that do not count for the suggestion, as in fastai.</summary>
    private const int LastPoints = 5;

    internal LearningRateCurve(IReadOnlyList<LearningRatePoint> points, int firstCounted)
    {
        Points = points;
        Suggested = Steepest(points, firstCounted);
    }

    /// <summary>
    /// One for each step, in order of the learning rate. They end where the smoothed loss exceeds four times its lowest value, which is the
    /// last point then, or before a loss that is not finite.
    /// </summary>
    public IReadOnlyList<LearningRatePoint> Points { get; }

    /// <summary>
    /// A learning rate to train with: the one at which the smoothed loss falls most steeply over the logarithm of the learning rate. Null
    /// where it does not fall.
    /// </summary>
    /// <remarks>
    /// The slope at a point is that of the line through the points before and after it. As in fastai, the first tenth of the steps, where
    /// the mean is of few losses yet, and the last five points do not count. It is meant for the highest learning rate of the schedule;
    /// look at the curve before you trust it.
    /// </remarks>
    public double? Suggestion => Suggested?.LearningRate;

    internal LearningRatePoint? Suggested { get; }

    /// <summary>
    /// Writes a plot as an SVG image: the loss and the smoothed loss over the learning rate on a logarithmic axis, the suggestion marked.
    /// </summary>
    /// <param name="path">The file. It appears under its name when it is complete; one of this name is replaced.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file or its folder is read-only.</exception>
    public void SaveSvg(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        AtomicFile.Write(path, new LearningRatePlot(this).ToSvg());
    }

    private static LearningRatePoint? Steepest(IReadOnlyList<LearningRatePoint> points, int first)
    {
        var (steepest, slopeThere) = ((LearningRatePoint?)null, 0.0);
        for (var i = Math.Max(1, first); i < points.Count - LastPoints; i++)
        {
            var (before, after) = (points[i - 1], points[i + 1]);
            var slope = (after.SmoothedLoss - before.SmoothedLoss) / Math.Log(after.LearningRate / before.LearningRate);
            if (slope < slopeThere)
                (steepest, slopeThere) = (points[i], slope);
        }
        return steepest;
    }
}

/// <summary>A step of a search for a learning rate.</summary>
/// <param name="LearningRate">The step's learning rate.</param>
/// <param name="Loss">The batch's loss before the step, in nats.</param>
/// <param name="SmoothedLoss">
/// The exponential moving average of the losses so far, divided by the sum of its weights, as Adam corrects its moments.
/// </param>
public sealed record LearningRatePoint(double LearningRate, double Loss, double SmoothedLoss);
