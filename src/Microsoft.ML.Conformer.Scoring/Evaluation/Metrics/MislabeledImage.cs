namespace Microsoft.ML.Conformer;

/// <summary>
/// An image whose label is likely wrong, by the class thresholds of confident learning (Northcutt, Jiang and Chuang, "Confident Learning:
/// Estimating Uncertainty in Dataset Labels", JAIR 2021): another class is predicted, and its label is less than half as probable as it is,
/// on average, for images labeled so. The paper asks that another class reaches its own average, which finds fewer wrong labels where the
/// network is often wrong.
/// </summary>
/// <remarks>A network that was trained on the image has memorized its label; ask one that was not.</remarks>
/// <param name="Image">Its index among the images.</param>
/// <param name="Path">Its file, where the data tells.</param>
/// <param name="GivenClass">Its label.</param>
/// <param name="SuggestedClass">The class that it more likely is of: the predicted one.</param>
/// <param name="GivenProbability">Probability of its label, 0-1.</param>
/// <param name="SuggestedProbability">Probability of the suggested class, 0-1.</param>
public sealed record MislabeledImage(
    int Image, string? Path, string GivenClass, string SuggestedClass, double GivenProbability, double SuggestedProbability)
{
    private const double LeastRatio = 0.5;

    /// <summary>
    /// The images, the most suspicious first: those whose label has the lowest probability, measured by the label's average. With networks
    /// that are too sure of themselves this puts wrong labels further forward than the label's margin to the likeliest class does.
    /// </summary>
    internal static IReadOnlyList<MislabeledImage> Find(
        ScoredImages images, IReadOnlyList<string> classNames, IReadOnlyList<string?> paths)
    {
        var averages = images.Known.GroupBy(image => image.Label)
            .ToDictionary(group => group.Key, group => group.Average(image => image.Probability));
        return
        [
            .. images.Known.Where(image => !image.IsRight)
                .Select(image => (Image: image, Ratio: image.Probability == 0 ? 0 : image.Probability / averages[image.Label]))
                .Where(one => one.Ratio < LeastRatio).OrderBy(one => one.Ratio)
                .Select(one => new MislabeledImage(
                    one.Image.Image, paths[one.Image.Image], classNames[one.Image.Label], classNames[one.Image.Predicted],
                    one.Image.Probability, one.Image.Confidence)),
        ];
    }
}
