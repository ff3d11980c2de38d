using Microsoft.ML.Conformer.Evaluation.Metrics;

namespace Microsoft.ML.Conformer.Tests.Evaluation.Metrics;

[TestClass]
public sealed class MislabeledImageTests
{
    [TestMethod]
    public void SwappedLabelsAreFoundWithTheirClassesTheMostSuspiciousFirst()
    {
        // Ten classes and an eleventh without images; of each class three of 30 images have another one's label.
        var random = new Random(10);
        int[] classes = [.. Enumerable.Range(0, 300).Select(image => image % 10)];
        int[] labels = [.. classes.Select((index, image) => image / 10 % 10 == 4 ? (index + 1 + image / 100) % 10 : index)];
        double[][] rows = [.. classes.Select(index => Enumerable.Range(0, 11)
            .Select(other => 0.3 * random.NextDouble() + (other == index ? 3 : 0)).ToArray())];

        var found = Find(RandomLogits.Scored(rows, labels));

        CollectionAssert.AreEquivalent(
            Enumerable.Range(0, 300).Where(image => labels[image] != classes[image]).ToList(), found.Select(one => one.Image).ToList());
        foreach (var one in found)
        {
            var sum = rows[one.Image].Sum(Math.Exp);
            Assert.AreEqual($"{labels[one.Image]}", one.GivenClass);
            Assert.AreEqual($"{classes[one.Image]}", one.SuggestedClass);
            Assert.AreEqual($"{one.Image}.jpg", one.Path);
            Assert.AreEqual(Math.Exp(rows[one.Image][labels[one.Image]]) / sum, one.GivenProbability, 1e-12);
            Assert.AreEqual(Math.Exp(rows[one.Image][classes[one.Image]]) / sum, one.SuggestedProbability, 1e-12);
        }
        double Average(string label) => Enumerable.Range(0, labels.Length).Where(image => $"{labels[image]}" == label)
            .Average(image => Math.Exp(rows[image][labels[image]]) / rows[image].Sum(Math.Exp));
        var ratios = found.Select(one => one.GivenProbability / Average(one.GivenClass)).ToList();
        CollectionAssert.AreEqual(ratios.Order().ToList(), ratios);
    }

    /// <summary>The same probability is little for a class of which the network is sure, and much for one of which it never is.</summary>
    [TestMethod]
    public void AProbabilityIsMeasuredByItsClassesAverage()
    {
        static double[] Row(params double[] probabilities) => Array.ConvertAll(probabilities, Math.Log);
        // The averages are 0.65 for the first class and 0.35 for the second.
        double[][] rows = [Row(0.98, 0.01, 0.01), Row(0.32, 0.6, 0.08), Row(0.3, 0.4, 0.3), Row(0.6, 0.3, 0.1)];

        var one = Find(RandomLogits.Scored(rows, 0, 0, 1, 1)).Single();

        Assert.AreEqual((1, "0", "1"), (one.Image, one.GivenClass, one.SuggestedClass));
        Assert.AreEqual((0.32, 0.6), (Math.Round(one.GivenProbability, 12), Math.Round(one.SuggestedProbability, 12)));
    }

    /// <summary>An image that is predicted right is never suspicious, however unsure the network is.</summary>
    [TestMethod]
    public void AnImageThatIsPredictedRightIsNotFound()
    {
        double[][] rows = [[5, 0, 0], [5, 0, 0], [0.01, 0, 0]];

        Assert.AreEqual(0, Find(RandomLogits.Scored(rows, 0, 0, 0)).Count);
    }

    [TestMethod]
    public void AnImageKeepsItsPlaceAmongThoseOfNoneOfTheClasses()
    {
        double[][] rows = [[0, 9], [9, 0], [9, 0], [0, 9], [9, 0]];

        Assert.AreEqual(4, Find(RandomLogits.Scored(rows, -1, 0, 0, 1, 1)).Single().Image);
    }

    /// <summary>Classes are called after their indices, files after the images'.</summary>
    private static IReadOnlyList<MislabeledImage> Find(ScoredImages images) => MislabeledImage.Find(
        images, [.. Enumerable.Range(0, images.Logits.ClassCount).Select(index => $"{index}")],
        [.. Enumerable.Range(0, images.Logits.Labels.Count).Select(index => $"{index}.jpg")]);
}
