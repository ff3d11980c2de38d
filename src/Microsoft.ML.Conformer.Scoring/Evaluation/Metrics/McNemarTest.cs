namespace Microsoft.ML.Conformer;

/// <summary>
/// Whether one of two classifiers is right more often on the same images: McNemar's test, exact and two-sided (McNemar, "Note on the
/// sampling error of the difference between correlated proportions or percentages", 1947).
/// </summary>
/// <param name="BothRight">Number of images that both predict right.</param>
/// <param name="OnlyFirstRight">Number of images that only the first predicts right.</param>
/// <param name="OnlySecondRight">Number of images that only the second predicts right.</param>
/// <param name="BothWrong">Number of images that both predict wrong.</param>
/// <param name="PValue">
/// Probability, 0-1, of a difference at least this large between classifiers that are equally good; 1 where they are right on the same
/// images.
/// </param>
public sealed record McNemarTest(int BothRight, int OnlyFirstRight, int OnlySecondRight, int BothWrong, double PValue)
{
    /// <param name="labels">Class indices; images of <see cref="LabeledLogits.NoClass"/> are passed over.</param>
    /// <param name="first">The class indices that one classifier predicts.</param>
    /// <param name="second">Those of the other.</param>
    internal static McNemarTest Of(IReadOnlyList<int> labels, IReadOnlyList<int> first, IReadOnlyList<int> second)
    {
        if (first.Count != labels.Count || second.Count != labels.Count)
            throw new ArgumentException(
                $"There are {labels.Count} labels, and {first.Count} and {second.Count} predictions; they must be of the same images.");
        var counts = new int[4];
        for (var image = 0; image < labels.Count; image++)
            if (labels[image] != LabeledLogits.NoClass)
                counts[(first[image] == labels[image] ? 0 : 2) + (second[image] == labels[image] ? 0 : 1)]++;
        return new McNemarTest(counts[0], counts[1], counts[2], counts[3], Probability(counts[1], counts[2]));
    }

    /// <summary>Twice the sum of C(n, i) / 2^n over i from 0 to the lower count, at most 1.</summary>
    private static double Probability(int onlyFirst, int onlySecond)
    {
        var (fewer, all) = (Math.Min(onlyFirst, onlySecond), (long)onlyFirst + onlySecond);
        // Both are kept in range by powers of two, which are exact.
        var (term, sum, exponent) = (1.0, 1.0, 1 - all);
        for (var i = 1L; i <= fewer; i++)
        {
            term *= (all - i + 1.0) / i;
            sum += term;
            if (sum > 1e200)
            {
                (term, sum) = (Math.ScaleB(term, -600), Math.ScaleB(sum, -600));
                exponent += 600;
            }
        }
        return Math.Min(1, Math.ScaleB(sum, (int)Math.Max(exponent, int.MinValue)));
    }
}
