using Microsoft.ML.Conformer.Augmentation;
using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Data.Images.Operations;

namespace Microsoft.ML.Conformer.Tests.Augmentation;

[TestClass]
public sealed class ColorChangesTests
{
    [TestMethod]
    public void JitterDrawsFactorsWithinTheirRangesInEveryOrder()
    {
        var recipe = new ColorJitterRecipe { Brightness = 0.4, Contrast = 1.5, Saturation = 0.2, Hue = 0.1 };
        var drawn = Enumerable.Range(0, 12_000)
            .Select(image => ColorChanges.DrawJitter(recipe, new ImageRandom(1, 2, image)).ToList()).ToList();

        var orders = drawn.Select(operations => string.Join(",", operations.Select(operation => operation.Kind)));
        Assert.AreEqual(24, orders.Distinct().Count());
        var byKind = drawn.SelectMany(operations => operations).ToLookup(operation => operation.Kind, operation => operation.Argument);
        Check(PixelOperationKind.Brightness, 0.6, 1.4);
        Check(PixelOperationKind.Contrast, 0, 2.5);
        Check(PixelOperationKind.Color, 0.8, 1.2);
        Check(PixelOperationKind.Hue, -0.1, 0.1);

        void Check(PixelOperationKind kind, double low, double high)
        {
            var arguments = byKind[kind].ToList();
            Assert.AreEqual(12_000, arguments.Count);
            var margin = 0.01 * (high - low);
            Assert.AreEqual(low, arguments.Min(), margin, $"{kind}");
            Assert.AreEqual(high, arguments.Max(), margin, $"{kind}");
            Assert.IsTrue(arguments.Min() >= low && arguments.Max() <= high, $"{kind}");
            Assert.AreEqual((low + high) / 2, arguments.Average(), 2 * margin, $"{kind}");
        }
    }

    [TestMethod]
    public void WhatIsNotJitteredIsLeftOut()
    {
        var drawn = ColorChanges.DrawJitter(new ColorJitterRecipe { Contrast = 0.5 }, new ImageRandom(1, 2, 3)).ToList();

        Assert.AreEqual(PixelOperationKind.Contrast, drawn.Single().Kind);
    }

    [TestMethod]
    public void ThreeAugmentDrawsOneOfThreeChangesWithDeitsParameters()
    {
        var drawn = Enumerable.Range(0, 9000).Select(image => ColorChanges.DrawThreeAugment(new ImageRandom(1, 2, image)))
            .ToLookup(operation => operation.Kind, operation => operation.Argument);

        Assert.AreEqual(3, drawn.Count);
        foreach (var kind in drawn)
            Assert.AreEqual(3000, kind.Count(), 220, $"{kind.Key}"); // 5 standard deviations
        Assert.IsTrue(drawn.Contains(PixelOperationKind.Grayscale));
        Assert.IsTrue(drawn[PixelOperationKind.Solarize].All(threshold => threshold == 128));
        var blurs = drawn[PixelOperationKind.GaussianBlur].ToList();
        Assert.AreEqual(0.1, blurs.Min(), 0.01);
        Assert.AreEqual(2, blurs.Max(), 0.01);
    }
}
