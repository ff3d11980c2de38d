using System.Numerics;
using Microsoft.ML.Conformer.Columns;
using Microsoft.ML.Conformer.Models;
using Microsoft.ML.Conformer.Onnx.Format;
using Microsoft.ML.Conformer.Onnx.Sessions;
using Microsoft.ML.Conformer.Scoring;
using Microsoft.ML.Conformer.Tests.Goldens;
using Microsoft.ML.Conformer.Tests.Onnx;

namespace Microsoft.ML.Conformer.Tests.Features;

/// <summary>Embeddings and maps against the official code's, which the goldens sum up for the first image of a batch.</summary>
[TestClass]
public sealed class FeatureGoldenTests
{
    [TestMethod]
    [DynamicData(nameof(EvalGolden.WithCheckpoints), typeof(EvalGolden))]
    public void EmbeddingsAndMapsEqualTheReference(string? file)
    {
        var golden = EvalGolden.Open(file);
        var cases = golden.Cases().Where(IsScorable).ToList();
        if (cases.Count == 0)
            Assert.Inconclusive("The file has no square color images to compare.");
        var weights = golden.Weights(ExportedGraph.Shapes(golden.Architecture));
        foreach (var @case in cases)
            Compare(golden, @case, weights);
    }

    /// <summary>Whether there is what to compare with, of images such as scoring takes.</summary>
    private static bool IsScorable(EvalGolden.Case @case) =>
        @case.Height == @case.Width && @case.Channels == 3 && @case.Checkpoints.Count > 0;

    private static void Compare(EvalGolden golden, EvalGolden.Case @case, FormulaWeights weights)
    {
        var architecture = golden.Architecture;
        var classes = ClassLabels.Numbered(architecture.NumClasses);
        var model = new TrainedModel(architecture, weights, @case.Height, classes, new ScoringColumns("Image", "Score", "PredictedLabel"));
        var inReference = Enum.GetValues<ImageFeatures>()
            .Where(feature => BitOperations.IsPow2((int)feature) && golden.CheckpointOf(feature) is not null).Aggregate((a, b) => a | b);
        var features = new ImageFeatureOptions { Features = inReference }.OutputsOf(architecture);
        string[] names = [.. features.Select(feature => feature.Output)];
        using var scoring = new ImageScoring(
            new MLContext(), model, OnnxGraphOutputs.Add(model.ToOnnx(), names), names, _ => [], new ScoringOptions(),
            typeof(ImageClassifierTransformer));
        var values = new OutputValues(scoring.Session.Outputs, 1);
        scoring.Score(@case.Pixels().AsMemory(0, scoring.Input.Length), 1, values);

        for (var i = 0; i < features.Count; i++)
        {
            var what = $"{golden}, {@case.Height} pixels, {features[i].ColumnName}";
            var feature = Enum.Parse<ImageFeatures>(features[i].ColumnName); // the columns' default names are the features'
            var checkpoint = @case.Checkpoints[golden.CheckpointOf(feature)!];
            var actual = values.Of(i, 0).ToArray();
            if (feature == ImageFeatures.TransformerEmbedding)
            {
                checkpoint.AssertBegins(actual, golden.Tolerance, what);
                continue;
            }
            var shape = checkpoint.Shape.Skip(1).Take(feature == ImageFeatures.ConvEmbedding ? 1 : 3).ToArray();
            CollectionAssert.AreEqual(shape, scoring.Session.Outputs[i].Shape.ToArray(), what);
            checkpoint.AssertIs(actual, golden.Tolerance, what);
        }
    }
}
