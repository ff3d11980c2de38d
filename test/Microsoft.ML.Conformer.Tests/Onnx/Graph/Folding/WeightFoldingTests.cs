using Microsoft.ML.Conformer.Onnx.Format;
using Microsoft.ML.Conformer.Onnx.Graph.Folding;

namespace Microsoft.ML.Conformer.Tests.Onnx.Graph.Folding;

/// <summary>Folded layers against the layers one after the other, both by hand.</summary>
[TestClass]
public sealed class WeightFoldingTests
{
    private readonly Random _random = new(11);

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void AConvolutionWithItsBatchNormFoldedInGivesWhatTheTwoGive(bool convolutionHasBias)
    {
        const int outputs = 3, perChannel = 2 * 3 * 3;
        var (weight, bias) = (Values(outputs * perChannel), Values(outputs));
        float[] gamma = Values(outputs), beta = Values(outputs), mean = Values(outputs), variance = [0.5f, 1e-7f, 3];
        var input = Values(perChannel); // what lies under the kernel at one position
        var folding = new BatchNormFolding(gamma, beta, mean, variance, 1e-6);

        var foldedWeight = folding.FoldWeight(weight).ToArray();
        var foldedBias = folding.FoldBias(convolutionHasBias ? (WeightTensor)bias : null).ToArray();

        for (var output = 0; output < outputs; output++)
        {
            double Product(float[] w) => Enumerable.Range(0, perChannel).Sum(i => (double)w[output * perChannel + i] * input[i]);
            var convolved = Product(weight) + (convolutionHasBias ? bias[output] : 0);
            var expected = gamma[output] * (convolved - mean[output]) / Math.Sqrt(variance[output] + 1e-6) + beta[output];
            Assert.AreEqual(expected, Product(foldedWeight) + foldedBias[output], 1e-5 * Math.Max(1, Math.Abs(expected)));
        }
    }

    [TestMethod]
    public void ALinearLayerWithANormAndAFactorFoldedInGivesWhatTheyGive()
    {
        const int inputs = 4, outputs = 3, firstRow = 2;
        float[] weight = Values((firstRow + outputs) * inputs), bias = Values(firstRow + outputs), x = Values(inputs);
        float[] scale = Values(inputs), shift = Values(inputs);
        var folding = new LinearFolding(inputs, outputs, weight, bias)
        {
            Norm = new NormAffine(scale, shift),
            FirstRow = firstRow,
            Factor = 0.25,
        };

        var (foldedWeight, foldedBias) = (folding.FoldWeight().ToArray(), folding.FoldBias().ToArray());

        for (var output = 0; output < outputs; output++)
        {
            var row = firstRow + output;
            var product = Enumerable.Range(0, inputs).Sum(i => weight[row * inputs + i] * (scale[i] * x[i] + shift[i]));
            var expected = 0.25 * (bias[row] + product);
            var actual = foldedBias[output] + Enumerable.Range(0, inputs).Sum(i => foldedWeight[i * outputs + output] * x[i]);
            Assert.AreEqual(expected, actual, 1e-5);
        }
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void AttentionWithoutKeyAndValueBiasesGivesWhatItGaveWithThem(bool qkvBias)
    {
        const int width = 4, tokens = 3; // one head
        float[] qkvWeight = Values(3 * width * width), qkv = Values(3 * width), projection = Values(width * width), own = Values(width);
        float[] scale = Values(width), shift = Values(width);
        double[][] x = [.. Enumerable.Range(0, tokens).Select(_ => Array.ConvertAll(Values(width), value => (double)value))];
        var folding = new AttentionFolding(
            width, 1 / Math.Sqrt(width), new NormAffine(scale, shift), qkvWeight, qkvBias ? (WeightTensor)qkv : null,
            new LinearFolding(width, width, projection, own));

        double[][] Plain(int third) => [.. x.Select(token => Enumerable.Range(0, width).Select(o =>
            (qkvBias ? qkv[third * width + o] : 0)
            + Enumerable.Range(0, width).Sum(i => qkvWeight[(third * width + o) * width + i] * (scale[i] * token[i] + shift[i])))
            .ToArray())];
        double[][] Folded(float[] weight, float[]? bias) => [.. x.Select(token => Enumerable.Range(0, width).Select(o =>
            (bias?[o] ?? 0.0) + Enumerable.Range(0, width).Sum(i => weight[i * width + o] * token[i])).ToArray())];
        var projectionTransposed = new LinearFolding(width, width, projection, null).FoldWeight().ToArray();
        var expected = Attend(Plain(0), Plain(1), Plain(2), 1 / Math.Sqrt(width), projectionTransposed, own);
        var actual = Attend(
            Folded(folding.Query.FoldWeight().ToArray(), folding.Query.FoldBias().ToArray()),
            Folded(folding.Key.FoldWeight().ToArray(), null),
            Folded(folding.Value.FoldWeight().ToArray(), null), 1, projectionTransposed, folding.FoldProjectionBias().ToArray());

        for (var i = 0; i < expected.Length; i++)
            Assert.AreEqual(expected[i], actual[i], 1e-5);
    }

    private static double[] Attend(double[][] q, double[][] k, double[][] v, double factor, float[] projection, float[] bias)
    {
        var width = bias.Length;
        return [.. q.SelectMany(query =>
        {
            var weights = k.Select(key => Math.Exp(factor * query.Zip(key, (a, b) => a * b).Sum())).ToArray();
            var mixed = Enumerable.Range(0, width).Select(i => v.Zip(weights, (value, w) => value[i] * w).Sum() / weights.Sum()).ToArray();
            return Enumerable.Range(0, width).Select(
                o => bias[o] + Enumerable.Range(0, width).Sum(i => projection[i * width + o] * mixed[i]));
        })];
    }

    private float[] Values(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)(_random.NextDouble() * 2 - 1))];
}
