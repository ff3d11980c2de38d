using System.Text.Json;
using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Conformer.Detection.Evaluation;

namespace Microsoft.ML.Conformer.Tests.Detection.Evaluation;

[TestClass]
public sealed class DetectionEvaluationTests
{
    private static readonly ImageBox _box = new(10, 20, 50, 40);

    [TestMethod]
    public void WithoutObjectsThereAreNoFiguresButNoNumberThatIsNone()
    {
        var evaluation = new DetectionEvaluation(["cat", "dog"], useMasks: false);
        evaluation.Add([], [new FoundObject(1, _box, 0.9)]);
        evaluation.Add([], []);

        var metrics = evaluation.Metrics();

        Assert.AreEqual((2, 0, 1), (metrics.ImageCount, metrics.ObjectCount, metrics.DetectionCount));
        Assert.IsNull(metrics.AveragePrecision);
        Assert.IsNull(metrics.AverageRecall100);
        Assert.AreEqual(JsonValueKind.Null, JsonSerializer.SerializeToElement(metrics).GetProperty("AveragePrecision").ValueKind);
        StringAssert.Contains(metrics.ToString(), "boxes of 0 objects in 2 images, 1 detection");
    }

    [TestMethod]
    public void PerfectDetectionsHaveOne()
    {
        var evaluation = new DetectionEvaluation(["cat", "dog"], useMasks: false);
        for (var image = 0; image < 10; image++)
            evaluation.Add([new TrueObject(image % 2, _box, 2000)], [new FoundObject(image % 2, _box, 0.1 * image)]);

        var metrics = evaluation.Metrics();

        Assert.AreEqual(1, metrics.AveragePrecision!.Value, 1e-12);
        Assert.AreEqual(1, metrics.AverageRecall1);
        Assert.AreEqual(1, metrics.AveragePrecisionMedium!.Value, 1e-12);
        Assert.IsNull(metrics.AveragePrecisionSmall);
    }

    [TestMethod]
    public void ACrowdMakesItsDetectionsNeitherRightNorWrong()
    {
        var (inside, crowd) = (new ImageBox(12, 22, 5, 5), new TrueObject(0, _box, 2000, IsCrowd: true));
        var one = new TrueObject(0, new ImageBox(100, 100, 10, 10), 100);
        var evaluation = new DetectionEvaluation(["cat"], useMasks: false);
        evaluation.Add([crowd, one], [.. Enumerable.Repeat(new FoundObject(0, inside, 0.9), 5), new FoundObject(0, one.Box, 0.5)]);

        Assert.AreEqual(1, evaluation.Metrics().AveragePrecision!.Value, 1e-12);
        Assert.AreEqual((1, 1), (evaluation.Metrics().ObjectCount, evaluation.Metrics().CrowdCount));
    }

    [TestMethod]
    public void WhatCannotBeComparedIsRefused()
    {
        foreach (var (found, fault) in new[]
        {
            (new FoundObject(1, _box, 0.5), "class 1"), (new FoundObject(-1, _box, 0.5), "class -1"),
            (new FoundObject(0, _box, double.NaN), "finite"), (new FoundObject(0, _box with { Left = double.NaN }, 1), "finite"),
        })
            StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(
                () => new DetectionEvaluation(["cat"], useMasks: false).Add([], [found])).Message, fault);
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(
            () => new DetectionEvaluation(["cat"], useMasks: true).Add([], [new FoundObject(0, _box, 0.5)])).Message, "no mask");
    }

    [TestMethod]
    public void TheTableHasALineForEachClassAndShowsForeignNamesAsTheyMayBeShown()
    {
        var evaluation = new DetectionEvaluation(["c\u001B[31mat", "狗"], useMasks: false);
        evaluation.Add([new TrueObject(0, _box, 2000)], [new FoundObject(0, _box, 0.5)]);

        var lines = evaluation.Metrics().ToString().Split(Environment.NewLine);

        StringAssert.StartsWith(lines[^2], @"c\u001B[31mat");
        StringAssert.Contains(lines[^2], "1.000");
        StringAssert.EndsWith(lines[^1], "-");
    }
}
