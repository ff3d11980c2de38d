using Microsoft.ML.Conformer.Evaluation.Charts;

namespace Microsoft.ML.Conformer.Tests.Evaluation.Charts;

[TestClass]
public sealed class ReliabilityDiagramTests
{
    private static readonly ReliabilityBin[] _bins =
        [new(0.2, 0.4, 1_234, 0.55, 0.31), new(0.4, 0.6, 1, 0, 0.5), new(0.8, 1, 50, 0.9, 0.97)];

    [TestMethod]
    public void EachBinHasABarOfItsAccuracyAGapToItsConfidenceAndItsCount()
    {
        var diagram = new DrawnChart(ReliabilityDiagram.Svg(_bins));

        Assert.HasCount(2 * _bins.Length, diagram.Boxes);
        foreach (var (bin, boxes) in _bins.Zip(diagram.Boxes.Chunk(2)))
        {
            AssertBox(boxes[0], bin, 0, bin.Accuracy);
            AssertBox(boxes[1], bin, Math.Min(bin.Accuracy, bin.MeanConfidence), Math.Max(bin.Accuracy, bin.MeanConfidence));
        }
        foreach (var count in (string[])["1,234", "1", "50"])
            CollectionAssert.Contains(diagram.Texts.ToList(), count);
        CollectionAssert.Contains(
            diagram.Titles.ToList(), "confidence 0.2-0.4, mean 0.310: accuracy 0.550 of 1,234 images");
    }

    [TestMethod]
    public void ItIsSoundWithoutBinsAndWithMoreThanCanBeLabeled()
    {
        var none = new DrawnChart(ReliabilityDiagram.Svg([]));
        var many = new DrawnChart(ReliabilityDiagram.Svg(
            [.. Enumerable.Range(0, 1000).Select(bin => new ReliabilityBin(bin / 1000.0, (bin + 1) / 1000.0, 7, 1, (bin + 0.5) / 1000))]));

        Assert.IsEmpty(none.Boxes);
        CollectionAssert.AreEqual((string[])["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"], none.YTicks.Select(tick => tick.Text).ToArray());
        Assert.HasCount(2000, many.Boxes);
        CollectionAssert.DoesNotContain(many.Texts.ToList(), "7");
    }

    private static void AssertBox((double Left, double Right, double Low, double High) box, ReliabilityBin bin, double low, double high)
    {
        foreach (var (expected, drawn) in ((double[])[bin.Lower, bin.Upper, low, high]).Zip([box.Left, box.Right, box.Low, box.High]))
            Assert.AreEqual(expected, drawn, 1e-3);
    }
}
