namespace Microsoft.ML.Conformer;

/// <summary>
/// What follows from accepting only predictions whose confidence, the probability of the predicted class, reaches a threshold, and
/// answering "none of these" to the others (El-Yaniv and Wiener, "On the Foundations of Noise-free Selective Classification", JMLR 2010;
/// Hendrycks and Gimpel, ICLR 2017).
/// </summary>
public sealed class RejectionCurve
{
    private const int MostPoints = 200;

    private readonly RejectionPoint[] _all;

    private RejectionCurve(RejectionPoint[] all) => (_all, Points) = (all, Evenly(all, MostPoints));

    /// <summary>Points by rising threshold, from 0, where all is accepted: at most 200, evenly taken from all confidences.</summary>
    public IReadOnlyList<RejectionPoint> Points { get; }

    /// <summary>
    /// The point of the least threshold at which the accepted images of a class are predicted right to the given share; null where there is
    /// none.
    /// </summary>
    /// <param name="accuracy">The share that is wanted, 0-1.</param>
    public RejectionPoint? LeastThreshold(double accuracy) => Array.Find(_all, point => point.Accuracy >= accuracy);

    /// <param name="images">At least one is of a class.</param>
    internal static RejectionCurve Of(ScoredImages images)
    {
        ImageOutcome[] known = [.. images.Known.OrderBy(image => image.Confidence)];
        double[] unknown = [.. images.UnknownConfidences.Order()];
        var (points, right, rejected) = (new List<RejectionPoint>(), known.Count(image => image.IsRight), 0);
        for (var index = 0; index < known.Length; index++)
        {
            var threshold = index == 0 ? 0 : known[index].Confidence;
            if (index == 0 || threshold > known[index - 1].Confidence)
            {
                while (rejected < unknown.Length && unknown[rejected] < threshold)
                    rejected++;
                points.Add(new RejectionPoint(
                    threshold, (double)(known.Length - index) / known.Length, (double)right / (known.Length - index),
                    unknown.Length == 0 ? null : (double)rejected / unknown.Length));
            }
            if (known[index].IsRight)
                right--;
        }
        return new RejectionCurve([.. points]);
    }

    private static RejectionPoint[] Evenly(RejectionPoint[] all, int most) => all.Length <= most
        ? all
        : [.. Enumerable.Range(0, most).Select(index => all[(int)((long)index * (all.Length - 1) / (most - 1))])];
}

/// <summary>What follows from one threshold. Of images of a class are all figures but the last.</summary>
/// <param name="Threshold">The least confidence that is accepted, 0-1.</param>
/// <param name="Coverage">Share of the images that are accepted, 0-1.</param>
/// <param name="Accuracy">Share of the accepted images that are predicted right, 0-1.</param>
/// <param name="UnknownRejected">Share of the images of none of the classes that are rejected, 0-1; null where there are none.</param>
public sealed record RejectionPoint(double Threshold, double Coverage, double Accuracy, double? UnknownRejected);
