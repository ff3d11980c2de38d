using Microsoft.ML.Conformer.Augmentation;
using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Data.Images.Operations;

namespace Microsoft.ML.Conformer.Tests.Augmentation;

[TestClass]
public sealed class RandAugmentTests
{
    private const int Images = 30_000;

    [TestMethod]
    public void OperationsAreEquallyFrequentWithNormalMagnitudesAndRandomSigns()
    {
        var drawn = Enumerable.Range(0, Images)
            .SelectMany(image => RandAugment.Draw(new RandAugmentRecipe(), new ImageRandom(1, 2, image))).ToList();

        Assert.AreEqual(1, (double)drawn.Count / Images, 0.02, "two of which one half is carried out");
        var byKind = drawn.ToLookup(operation => operation.Kind, operation => operation.Argument);
        Assert.AreEqual(15, byKind.Count);
        foreach (var arguments in byKind)
            Assert.AreEqual(Images / 15.0, arguments.Count(), 5 * Math.Sqrt(Images / 15.0), $"{arguments.Key}");
        var degrees = byKind[PixelOperationKind.Rotate].ToList();
        Assert.AreEqual(0.5, degrees.Average(value => value < 0 ? 1.0 : 0), 0.06);
        // Normal around 9 with a deviation of 0.5, cut at 10, is 0.0042 less in the mean: 0.5 * (pdf(2) - 2 * (1 - cdf(2))).
        var magnitudes = degrees.Select(value => Math.Abs(value) / 3).ToList();
        Assert.AreEqual(9 - 0.0042, magnitudes.Average(), 0.05);
        Assert.AreEqual(10, magnitudes.Max(), 1e-12);
        Assert.AreEqual(0.0228, magnitudes.Average(value => value > 10 - 1e-9 ? 1.0 : 0), 0.015);
    }

    [TestMethod]
    public void WithoutDeviationAndWithCertaintyTheMagnitudeIsTheRecipes()
    {
        var recipe = new RandAugmentRecipe { Operations = 5, Probability = 1, Magnitude = 4, MagnitudeDeviation = 0 };

        for (var image = 0; image < 100; image++)
        {
            var drawn = RandAugment.Draw(recipe, new ImageRandom(0, 0, image)).ToList();
            Assert.AreEqual(5, drawn.Count);
            foreach (var operation in drawn)
                Assert.IsTrue(
                    operation.Argument == RandAugment.Argument(operation.Kind, 4, 1)
                    || operation.Argument == RandAugment.Argument(operation.Kind, 4, -1));
        }
    }
}
