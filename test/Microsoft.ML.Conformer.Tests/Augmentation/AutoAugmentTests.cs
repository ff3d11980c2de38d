using Microsoft.ML.Conformer.Augmentation;
using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Data.Images.Operations;

namespace Microsoft.ML.Conformer.Tests.Augmentation;

[TestClass]
public sealed class AutoAugmentTests
{
    /// <summary>What torchvision 0.14's AutoAugment has at the magnitudes 0-9 of its ImageNet policy.</summary>
    [TestMethod]
    [DataRow("Posterize", new double[] { 8, 8, 7, 7, 6, 6, 5, 5, 4, 4 })]
    [DataRow("Solarize", new[] { 255, 226.6667, 198.3333, 170, 141.6667, 113.3333, 85, 56.6667, 28.3333, 0 })]
    [DataRow("Rotate", new[] { 0, 3.3333, 6.6667, 10, 13.3333, 16.6667, 20, 23.3333, 26.6667, 30 })]
    [DataRow("Color", new[] { 1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9 })]
    [DataRow("ShearX", new[] { 0, 0.0333, 0.0667, 0.1, 0.1333, 0.1667, 0.2, 0.2333, 0.2667, 0.3 })]
    public void ArgumentsAreTorchvisions(string name, double[] expected)
    {
        var kind = Enum.Parse<PixelOperationKind>(name);
        for (var magnitude = 0; magnitude < expected.Length; magnitude++)
            Assert.AreEqual(expected[magnitude], AutoAugment.Argument(new(kind, 1, magnitude), sign: 1), 1e-4, $"{kind} {magnitude}");
    }

    [TestMethod]
    public void OneOf25PairsIsDrawnAndEachStepWithItsChance()
    {
        Assert.AreEqual(25, AutoAugment.Policies.Count);
        const int images = 100_000;
        var counts = new Dictionary<PixelOperationKind, int>();
        var negative = 0;
        for (var image = 0; image < images; image++)
            foreach (var operation in AutoAugment.Draw(new ImageRandom(seed: 1, epoch: 0, image)))
            {
                counts[operation.Kind] = counts.GetValueOrDefault(operation.Kind) + 1;
                negative += operation.Kind == PixelOperationKind.Rotate && operation.Argument < 0 ? 1 : 0;
            }

        foreach (var kind in counts.Keys)
        {
            var expected = AutoAugment.Policies.SelectMany(pair => new[] { pair.First, pair.Second })
                .Where(step => step.Kind == kind).Sum(step => step.Chance) / 25;
            Assert.AreEqual(expected, (double)counts[kind] / images, 0.006, $"{kind}");
        }
        Assert.AreEqual(10, counts.Count, "kinds of operations");
        Assert.AreEqual(0.5, (double)negative / counts[PixelOperationKind.Rotate], 0.02, "to either side");
    }
}
