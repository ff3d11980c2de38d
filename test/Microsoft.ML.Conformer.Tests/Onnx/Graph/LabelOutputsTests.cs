using Microsoft.ML.Conformer.Onnx.Graph;
using Microsoft.ML.Conformer.Tests.Goldens;

namespace Microsoft.ML.Conformer.Tests.Onnx.Graph;

[TestClass]
public sealed class LabelOutputsTests
{
    private const int Side = 32, Classes = 5, Images = 4;

    private static readonly float[] _images = [.. Enumerable.Range(0, Images).SelectMany(k => Formula.Image(k, Side, Side))];

    [TestMethod]
    [DataRow("a", "b", "c", "d", "e")]
    [DataRow("", " ", "\"quoted\" \\ back\\slash", "Gänse\tblümchen\n", "菊 🌼")]
    [DataRow("rose", "rose", "Rose", "rose", "ROSE")]
    [DataRow("3", "-1", "1.5", "NaN", "true")]
    public void LabelsOfAllKindsComeOutWithTheScoresTheyBelongTo(params string[] labels)
    {
        using var graph = Graph(labels, topK: 3);

        var scores = graph.Run<float>("Score", _images, Images, 3, Side, Side).Chunk(Classes).ToList();
        var predicted = graph.RunText("PredictedLabel", _images, Images, 3, Side, Side);
        var topScores = graph.Run<float>("TopScores", _images, Images, 3, Side, Side).Chunk(3).ToList();
        var topLabels = graph.RunText("TopLabels", _images, Images, 3, Side, Side).Chunk(3).ToList();

        CollectionAssert.AreEqual(scores.Select(row => labels[Array.IndexOf(row, row.Max())]).ToArray(), predicted);
        for (var image = 0; image < Images; image++)
        {
            var order = Enumerable.Range(0, Classes).OrderByDescending(index => scores[image][index]).Take(3).ToList();
            CollectionAssert.AreEqual(order.Select(index => scores[image][index]).ToArray(), topScores[image]);
            CollectionAssert.AreEqual(order.Select(index => labels[index]).ToArray(), topLabels[image]);
        }
        Assert.AreEqual("N", graph.DeclaredShape("PredictedLabel"));
        Assert.AreEqual(("N, 3", "N, 3"), (graph.DeclaredShape("TopScores"), graph.DeclaredShape("TopLabels")));
        CollectionAssert.AreEqual(new[] { "Score", "PredictedLabel", "TopScores", "TopLabels" }, graph.OutputNames.ToArray());
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(Classes)]
    public void AsManyTopClassesAreGivenAsAreAskedFor(int count)
    {
        using var graph = Graph(["a", "b", "c", "d", "e"], count);

        var top = graph.RunText("TopLabels", _images, Images, 3, Side, Side).Chunk(count).ToList();

        CollectionAssert.AreEqual(
            graph.RunText("PredictedLabel", _images, Images, 3, Side, Side), top.Select(labels => labels[0]).ToArray());
        Assert.IsTrue(top.TrueForAll(labels => labels.Distinct().Count() == count));
    }

    [TestMethod]
    public void ClassesOfEqualScoreAreGivenInTheirOrder()
    {
        var weights = ExportedGraph.Weights(ExportedGraph.Micro).Multiply("weight and bias of conv_cls_head, trans_cls_head", 0);
        using var graph = Graph(["a", "b", "c", "d", "e"], Classes, weights);

        CollectionAssert.AreEqual(new[] { "a" }, graph.RunText("PredictedLabel", _images[..(3 * Side * Side)], 1, 3, Side, Side));
        CollectionAssert.AreEqual(
            new[] { "a", "b", "c", "d", "e" }, graph.RunText("TopLabels", _images[..(3 * Side * Side)], 1, 3, Side, Side));
    }

    [TestMethod]
    public void WithoutLabelsThereAreNoneToPredict()
    {
        var settings = new OnnxGraphSettings
        {
            ImageHeight = Side,
            ImageWidth = Side,
            Options = new OnnxExportOptions { IncludePredictedLabel = true },
        };
        var error = Assert.ThrowsExactly<ArgumentException>(
            () => ExportedGraph.Export(ExportedGraph.Micro, ExportedGraph.Weights(ExportedGraph.Micro), settings));
        StringAssert.Contains(error.Message, "There are no labels");
    }

    private static ExportedGraph Graph(string[] labels, int topK, FormulaWeights? weights = null) => new(
        ExportedGraph.Micro, weights ?? ExportedGraph.Weights(ExportedGraph.Micro), new OnnxGraphSettings
        {
            ImageHeight = Side,
            ImageWidth = Side,
            Labels = labels,
            Options = new OnnxExportOptions { IncludePredictedLabel = true, TopK = topK },
        });
}
