namespace Microsoft.ML.Conformer.Detection.Evaluation;

/// <summary>Precision and recall of a class over all images (cocoeval's accumulate).</summary>
internal static class PrecisionRecall
{
    /// <summary>What keeps the precision of no detections from being 0 / 0.</summary>
    private static readonly double _epsilon = Math.BitIncrement(1.0) - 1;

    /// <param name="outcomes">Of the class's detections, by falling score.</param>
    /// <param name="objectCount">How many objects of the range of areas count, at least 1.</param>
    /// <param name="area">The range of areas.</param>
    /// <param name="threshold">The threshold of IoU.</param>
    /// <param name="most">The most detections in an image.</param>
    /// <returns>The recall of all detections; the precision at each of COCO's recalls, 0 where it is not reached.</returns>
    public static (double Recall, double[] Precision) Of(
        IReadOnlyList<DetectionOutcome> outcomes, int objectCount, int area, int threshold, int most)
    {
        var bit = 1UL << DetectionOutcome.Bit(area, threshold);
        var (recalls, precisions) = (new List<double>(), new List<double>());
        double right = 0, wrong = 0;
        foreach (var outcome in outcomes)
        {
            if (outcome.Rank >= most || (outcome.Ignored & bit) != 0)
                continue;
            if ((outcome.Matched & bit) != 0)
                right++;
            else
                wrong++;
            recalls.Add(right / objectCount);
            precisions.Add(right / (wrong + right + _epsilon));
        }
        for (var i = precisions.Count - 1; i > 0; i--)
            precisions[i - 1] = Math.Max(precisions[i - 1], precisions[i]);

        var curve = new double[CocoSettings.Recalls.Count];
        for (int place = 0, at = 0; place < curve.Length; place++)
        {
            while (at < recalls.Count && recalls[at] < CocoSettings.Recalls[place])
                at++;
            if (at == recalls.Count)
                break;
            curve[place] = precisions[at];
        }
        return (right / objectCount, curve);
    }
}
