using System.Text.Json;
using Microsoft.ML.Conformer.Scoring;
using Microsoft.ML.Conformer.Tests.Goldens;
using Microsoft.ML.Conformer.Tests.Onnx;

namespace Microsoft.ML.Conformer.Tests.Features;

/// <summary>Embeddings and maps against the official code's, which the goldens sum up for the first image of a batch.</summary>
[TestClass]
public sealed class FeatureGoldenTests
{
    /// <summary>Values of the goldens are rounded to 9 digits, and ours summed in another order.</summary>
    private const double SmallTolerance = 2e-5, FullTolerance = 2e-4;

    [TestMethod]
    public void EmbeddingsAndMapsEqualTheReferenceOnEveryGolden()
    {
        var compared = 0;
        foreach (var golden in EvalGolden.All())
        {
            var weights = golden.Weights(ExportedGraph.Shapes(golden.Architecture));
            foreach (var @case in golden.Cases().Where(IsScorable))
                compared += Compare(golden, @case, weights);
        }
        Assert.IsTrue(compared > 0, "no golden has what to compare with");
    }

    /// <summary>Whether there is what to compare with, of images such as scoring takes.</summary>
    private static bool IsScorable(EvalGolden.Case @case) =>
        @case.Height == @case.Width && @case.Channels == 3 && @case.Checkpoints is not null;

    private static int Compare(EvalGolden golden, EvalGolden.Case @case, FormulaWeights weights)
    {
        var architecture = golden.Architecture;
        var classes = ClassLabels.Numbered(architecture.NumClasses);
        var model = new TrainedModel(architecture, weights, @case.Height, classes, new ScoringColumns("Image", "Score", "PredictedLabel"));
        var features = new ConformerFeatureOptions
        {
            Features = ConformerFeatures.Embeddings | (architecture.Depth == 3
                ? ConformerFeatures.FeatureMaps & ~ConformerFeatures.C4 : ConformerFeatures.FeatureMaps),
        }.OutputsOf(architecture);
        string[] names = [.. features.Select(feature => feature.Output)];
        using var scoring = new ImageScoring(
            model, OnnxGraphOutputs.Add(model.ToOnnx(), names), names, _ => [], new ScoringOptions(), typeof(ConformerTransformer));
        var values = new OutputValues(scoring.Scorer.Outputs, 1);
        scoring.Score(@case.Pixels().AsMemory(0, scoring.Input.Length), 1, values);

        var stage = architecture.Depth / 3;
        var checkpoints = new Dictionary<string, string>
        {
            ["ConvEmbedding"] = "pooling",
            ["TransformerEmbedding"] = "trans_norm",
            ["C2"] = stage == 1 ? "conv_1" : $"conv_trans_{stage}.x",
            ["C3"] = $"conv_trans_{2 * stage}.x",
            ["C4"] = $"conv_trans_{architecture.Depth - 1}.x",
            ["C5"] = $"conv_trans_{architecture.Depth}.x",
        };
        for (var i = 0; i < features.Count; i++)
        {
            var (name, what) = (features[i].ColumnName, $"{golden}, {@case.Height} pixels, {features[i].ColumnName}");
            var checkpoint = @case.Checkpoints!.Value.GetProperty(checkpoints[name]);
            var actual = values.Of(i, 0).ToArray();
            var tolerance = golden.IsSmall ? SmallTolerance : FullTolerance;
            AssertClose(Numbers(checkpoint, "first8"), actual[..8], tolerance, what);
            if (name == "TransformerEmbedding")
                continue; // the golden sums up all tokens, of which the class token is the first
            int[] shape = [.. checkpoint.GetProperty("shape").EnumerateArray().Skip(1).Select(size => size.GetInt32())];
            CollectionAssert.AreEqual(
                name == "ConvEmbedding" ? shape[..1] : shape, scoring.Scorer.Outputs[i].Shape.ToArray(), what);
            AssertClose(Numbers(checkpoint, "last8"), actual[^8..], tolerance, what);
            var mean = actual.Average(value => (double)value);
            Assert.AreEqual(checkpoint.GetProperty("mean").GetDouble(), mean, tolerance, what);
            Assert.AreEqual(
                checkpoint.GetProperty("std").GetDouble(), Math.Sqrt(actual.Average(v => (v - mean) * (v - mean))), tolerance, what);
        }
        return features.Count;
    }

    private static double[] Numbers(JsonElement checkpoint, string name) =>
        [.. checkpoint.GetProperty(name).EnumerateArray().Select(value => value.GetDouble())];

    private static void AssertClose(double[] expected, float[] actual, double tolerance, string what)
    {
        var worst = expected.Zip(actual, (e, a) => Math.Abs(e - a)).Aggregate(0.0, Math.Max); // Max() skips NaN
        Assert.IsTrue(worst <= tolerance, $"{what}: a value is {worst:g3} off, {tolerance:g3} allowed.");
    }
}
