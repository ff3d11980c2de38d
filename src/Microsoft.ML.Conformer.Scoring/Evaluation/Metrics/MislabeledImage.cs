namespace Microsoft.ML.Conformer;

/// <summary>
/// An image whose label is likely wrong, by confident learning (Northcutt, Jiang and Chuang, "Confident Learning: Estimating Uncertainty in
/// Dataset Labels", JAIR 2021): a class other than the label is as probable as it is, on average, for images labeled so, and is the most
/// probable of such classes.
/// </summary>
/// <remarks>A network that was trained on the image has memorized its label; ask one that was not.</remarks>
/// <param name="Image">Its index among the images.</param>
/// <param name="Path">Its file, where the data tells.</param>
/// <param name="GivenClass">Its label.</param>
/// <param name="SuggestedClass">The class that it more likely is of.</param>
/// <param name="GivenProbability">Probability of its label, 0-1.</param>
/// <param name="SuggestedProbability">Probability of the suggested class, 0-1.</param>
public sealed record MislabeledImage(
    int Image, string? Path, string GivenClass, string SuggestedClass, double GivenProbability, double SuggestedProbability)
{
    /// <summary>Rounding must not put an image below the mean of probabilities that are all like its own.</summary>
    private const double Slack = 1e-12;

    /// <summary>
    /// The images, the most suspicious first: those whose label has the lowest probability. With networks that are too sure of themselves
    /// this puts wrong labels further forward than the label's margin to the likeliest class does.
    /// </summary>
    internal static IReadOnlyList<MislabeledImage> Find(
        ScoredImages images, IReadOnlyList<string> classNames, IReadOnlyList<string?> paths)
    {
        var thresholds = Thresholds(images);
        var (found, row) = (new List<MislabeledImage>(), images.NewRow());
        foreach (var image in images.Known)
        {
            row.Read(image.Image);
            var (suggested, best) = (image.Label, -1.0);
            for (var index = 0; index < thresholds.Length; index++)
            {
                var probability = row.Probabilities[index];
                if (probability >= thresholds[index] && probability > best)
                    (suggested, best) = (index, probability);
            }
            if (suggested != image.Label)
                found.Add(new MislabeledImage(
                    image.Image, paths[image.Image], classNames[image.Label], classNames[suggested], image.Probability, best));
        }
        return [.. found.OrderBy(image => image.GivenProbability)];
    }

    /// <summary>Each class's mean probability among the images labeled so; a class without images is never suggested.</summary>
    private static double[] Thresholds(ScoredImages images)
    {
        var thresholds = new double[images.Logits.ClassCount];
        Array.Fill(thresholds, double.PositiveInfinity);
        foreach (var group in images.Known.GroupBy(image => image.Label))
            thresholds[group.Key] = group.Average(image => image.Probability) * (1 - Slack);
        return thresholds;
    }
}
