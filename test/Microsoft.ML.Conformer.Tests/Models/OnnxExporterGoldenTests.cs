using Microsoft.ML.Conformer.Tests.Goldens;
using Microsoft.ML.Conformer.Tests.Onnx;

namespace Microsoft.ML.Conformer.Tests.Models;

[TestClass]
public sealed class OnnxExporterGoldenTests
{
    [TestMethod]
    public void LogitsOfBothHeadsEqualTheReferenceOnEveryGolden()
    {
        foreach (var golden in EvalGolden.All())
        {
            var weights = golden.Weights(ExportedGraph.Shapes(golden.Architecture));
            foreach (var @case in golden.Cases())
            {
                var what = $"{golden}, {@case.Height} x {@case.Width}";
                using var graph = new ExportedGraph(golden.Architecture, weights, ExportedGraph.Settings(@case.Height, @case.Width));
                long[] shape = [@case.Images.Length, @case.Channels, @case.Height, @case.Width];
                var images = @case.Pixels();
                void Check(double[][] expected, string output) =>
                    AssertClose(expected, graph.Run<float>(output, images, shape), golden.Tolerance, $"{what}, {output}");

                Check(@case.ConvLogits, "conv_logits");
                Check(@case.TransformerLogits, "tran_logits");
                var sums = @case.ConvLogits.Zip(@case.TransformerLogits, (a, b) => a.Zip(b, (x, y) => x + y).ToArray()).ToArray();
                Check([.. sums.Select(Softmax)], "Score");
                CollectionAssert.AreEqual(
                    sums.Select(row => (long)Array.IndexOf(row, row.Max())).ToArray(), graph.Run<long>("ClassIndex", images, shape), what);
            }
        }
    }

    private static double[] Softmax(double[] logits)
    {
        var exponentials = logits.Select(value => Math.Exp(value - logits.Max())).ToArray();
        return [.. exponentials.Select(value => value / exponentials.Sum())];
    }

    private static void AssertClose(double[][] expected, float[] actual, double tolerance, string what)
    {
        Assert.AreEqual(expected.Sum(row => row.Length), actual.Length, what);
        Assert.IsTrue(actual.All(float.IsFinite), what);
        var worst = expected.SelectMany(row => row).Zip(actual, (e, a) => Math.Abs(e - a)).Max();
        Console.WriteLine($"{what}: {worst:g3}");
        Assert.IsTrue(worst <= tolerance, $"{what}: {worst:g3} off, {tolerance:g3} allowed.");
    }
}
