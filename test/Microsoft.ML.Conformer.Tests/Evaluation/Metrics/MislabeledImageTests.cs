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
        var probabilities = found.Select(one => one.GivenProbability).ToList();
        CollectionAssert.AreEqual(probabilities.Order().ToList(), probabilities);
    }

    /// <summary>A class of which the network is never sure has a low threshold, one of which it is sure a high one.</summary>
    [TestMethod]
    public void AClassIsSuggestedByItsOwnThreshold()
    {
        static double[] Row(params double[] probabilities) => Array.ConvertAll(probabilities, Math.Log);
        // The classes' thresholds are 0.8, 0.4 and 0.5.
        double[][] rows = [Row(0.9, 0.05, 0.05), Row(0.7, 0.2, 0.1), Row(0.4, 0.4, 0.2), Row(0.7, 0.1, 0.2), Row(0.1, 0.1, 0.8)];

        var found = Find(RandomLogits.Scored(rows, 0, 0, 1, 2, 2));

        // The last but one is more probably of the first class than of its own, yet less so than images of that class are.
        Assert.AreEqual(0, found.Count);
        rows[3] = Row(0.1, 0.7, 0.2);
        var one = Find(RandomLogits.Scored(rows, 0, 0, 1, 2, 2)).Single();
        Assert.AreEqual((3, "2", "1"), (one.Image, one.GivenClass, one.SuggestedClass));
    }

    [TestMethod]
    public void EqualProbabilitiesReachTheirMeanInSpiteOfRounding()
    {
        double[][] rows = [.. Enumerable.Repeat(new[] { 0.7, 0.1 }, 7), .. Enumerable.Repeat(new[] { 0.1, 0.7 }, 7)];

        Assert.AreEqual(0, Find(RandomLogits.Scored(rows, [.. new int[7], .. Enumerable.Repeat(1, 7)])).Count);
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
