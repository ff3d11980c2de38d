namespace Microsoft.ML.Conformer.Evaluation.Metrics;

/// <summary>
/// The area under each class's ROC curve against all others: the share of pairs of an image of the class and one of another in which the
/// first has the higher probability of the class (Fawcett, "An introduction to ROC analysis", Pattern Recognition Letters 2006).
/// </summary>
internal static class RocAuc
{
    /// <summary>Each class's area; null where it has no image, or all.</summary>
    public static double?[] Of(ScoredImages images)
    {
        var classCount = images.Logits.ClassCount;
        var ofClass = images.Known.ToLookup(image => image.Label, image => image.Probability);
        double[][] positives = [.. Enumerable.Range(0, classCount).Select(index => ofClass[index].Order().ToArray())];
        // In halves of a pair, to be exact.
        var (halves, row) = (new long[classCount], images.NewRow());
        foreach (var image in images.Known)
        {
            row.Read(image.Image);
            for (var index = 0; index < classCount; index++)
                if (index != image.Label && positives[index].Length > 0)
                {
                    var probability = row.Probabilities[index];
                    var below = CountBelow(positives[index], probability, 0, orEqual: false);
                    var notAbove = below < positives[index].Length && positives[index][below] == probability
                        ? CountBelow(positives[index], probability, below, orEqual: true)
                        : below;
                    halves[index] += 2L * positives[index].Length - below - notAbove;
                }
        }
        return [.. positives.Select((own, index) =>
        {
            var pairs = (double)own.Length * (images.Known.Count - own.Length);
            return pairs == 0 ? (double?)null : halves[index] / 2.0 / pairs;
        })];
    }

    private static int CountBelow(double[] sorted, double value, int low, bool orEqual)
    {
        var high = sorted.Length;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (sorted[middle] < value || orEqual && sorted[middle] == value)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }
}
