using Microsoft.ML.Conformer.Tests.Goldens;
using Microsoft.ML.Conformer.Tests.Onnx;

namespace Microsoft.ML.Conformer.Tests.Models;

[TestClass]
public sealed class OnnxExporterGoldenTests
{
    [TestMethod]
    [DynamicData(nameof(EvalGolden.WithLogits), typeof(EvalGolden))]
    public void LogitsOfAllHeadsEqualTheReference(string? file)
    {
        var golden = EvalGolden.Open(file);
        var weights = golden.Weights(ExportedGraph.Shapes(golden.Architecture));
        foreach (var @case in golden.Cases())
        {
            var what = $"{@case.Height} x {@case.Width}";
            using var graph = new ExportedGraph(golden.Architecture, weights, ExportedGraph.Settings(@case.Height, @case.Width));
            long[] shape = [@case.Images.Length, @case.Channels, @case.Height, @case.Width];
            var images = @case.Pixels();
            void Check(IEnumerable<double[]> expected, string output) => Assert.AreClose(
                expected.SelectMany(row => row), graph.Run<float>(output, images, shape), golden.Tolerance, $"{what}, {output}");

            foreach (var (head, expected) in golden.Architecture.Heads.Zip(@case.Logits))
                Check(expected, head.LogitsName);
            var sums = @case.Logits.Aggregate((a, b) => [.. a.Zip(b, (row, other) => row.Zip(other, (x, y) => x + y).ToArray())]);
            Check(sums.Select(Softmax), "Score");
            CollectionAssert.AreEqual(
                sums.Select(row => (long)Array.IndexOf(row, row.Max())).ToArray(), graph.Run<long>("ClassIndex", images, shape), what);
        }
    }

    private static double[] Softmax(double[] logits)
    {
        var exponentials = logits.Select(value => Math.Exp(value - logits.Max())).ToArray();
        return [.. exponentials.Select(value => value / exponentials.Sum())];
    }
}
