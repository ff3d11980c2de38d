using System.Text.Json;
using Microsoft.ML.Conformer.Columns;
using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Explain;
using Microsoft.ML.Conformer.Models;
using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Tests.Goldens;
using Microsoft.ML.Conformer.Tests.Onnx;

namespace Microsoft.ML.Conformer.Tests.Explain;

/// <summary>Explanations against the numbers of the official network (conformer-explain, conformer-ensemble).</summary>
[TestClass]
public sealed class ExplainGoldenTests
{
    private const double CamTolerance = 1e-4, ProbabilityTolerance = 1e-5, LogitTolerance = 2e-5;

    private static readonly MLContext _context = new(seed: 1);

    public static IEnumerable<object?[]> Explained => GoldenFiles.OfKind("conformer-explain").Cases();

    public static IEnumerable<object?[]> Ensembles => GoldenFiles.OfKind("conformer-ensemble").Cases();

    /// <summary>Of square images, as only these are explained.</summary>
    [TestMethod]
    [DynamicData(nameof(Explained))]
    public void MapsAndProbabilitiesAreThoseOfTheOfficialNetwork(string? file)
    {
        var golden = GoldenFiles.Read(file);
        var squares = golden.GetProperty("inputs").EnumerateArray().Where(input => Size(input, "height") == Size(input, "width")).ToList();
        if (squares.Count == 0)
            Assert.Inconclusive($"{file} has no square image.");
        foreach (var input in squares)
        {
            var side = Size(input, "height");
            using var session = Open(golden, side);
            var maps = session.Run(Formula.Image(Size(input, "image"), side, side, Size(input, "input_seed")), 1)[0];
            Check(input, maps, $"{file}, image {Size(input, "image")}, {side} x {side}");
        }
    }

    /// <summary>What is made of the raw maps, of images of any shape.</summary>
    [TestMethod]
    [DynamicData(nameof(Explained))]
    public void MapsAreScaledAndEnlargedAsTheReferenceDoes(string? file)
    {
        foreach (var input in GoldenFiles.Read(file).GetProperty("inputs").EnumerateArray())
        {
            var (height, width) = (Size(input, "height"), Size(input, "width"));
            int[] grid = [.. input.GetProperty("feature_map_h_w").Numbers().Select(size => (int)size)];
            foreach (var (index, raw) in input.GetProperty("cam_raw").EnumerateArray().Index())
            {
                var map = new ImageMap(
                    ImageMapKind.ClassActivation, "cam", grid[0], grid[1], [.. raw.Numbers().Select(value => (float)value)]);
                CheckScaled(input, index, map, height, width, $"{file}, {height} x {width}, class {index}");
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(Ensembles))]
    public void EachBranchAndTheirSumDecideAsTheOfficialNetwork(string? file)
    {
        const int side = 64;
        var golden = GoldenFiles.Read(file);
        var cases = golden.GetProperty("cases").EnumerateArray().ToList();
        Assert.AreEqual(24, cases.Count);
        using var session = Open(golden, side);
        float[] images = [.. cases.SelectMany(one => Formula.Image(Size(one, "image"), side, side, Size(golden, "input_seed")))];

        foreach (var (one, maps) in cases.Zip(session.Run(images, cases.Count)))
        {
            var what = $"{file}, image {Size(one, "image")}";
            CollectionAssert.AreEqual((string[])["conv", "tran"], maps.Heads.Select(head => head.Branch).ToArray());
            foreach (var (branch, logits) in maps.Heads)
                Assert.AreClose(one.GetProperty(branch).Numbers(), logits.ToArray(), LogitTolerance, $"{what}, {branch}");
            var explanation = Explain(maps);
            Assert.AreEqual($"{Size(one, "top1_conv")}, {Size(one, "top1_tran")}", Decisions(explanation), what);
            if (one.GetProperty("margin_of_sum").GetDouble() > 1e-4)
                Assert.AreEqual($"{Size(one, "top1_sum")}", explanation.Class, what);
        }
    }

    private static void Check(JsonElement input, NetworkMaps maps, string what)
    {
        var explanation = Explain(maps);
        var probabilities = input.GetProperty("probabilities");
        double[] sum = [.. probabilities.GetProperty("softmax_of_sum").Numbers()];
        var byClass = explanation.Predictions.ToDictionary(one => int.Parse(one.Class), one => one.Probability);
        Assert.AreClose(sum, Enumerable.Range(0, sum.Length).Select(index => byClass[index]), ProbabilityTolerance, $"{what}, sum");
        var top1 = input.GetProperty("top1");
        Assert.AreEqual($"{Size(top1, "sum_of_logits")}", explanation.Class, what);
        Assert.AreEqual($"{Size(top1, "conv")}, {Size(top1, "tran")}", Decisions(explanation), what);
        foreach (var branch in explanation.Branches)
            Assert.AreEqual(
                probabilities.GetProperty(branch.Branch).Numbers().Max(), branch.Prediction.Probability, ProbabilityTolerance,
                $"{what}, {branch.Branch}");

        foreach (var (index, raw) in input.GetProperty("cam_raw").EnumerateArray().Index())
        {
            var map = explanation.For($"{index}").Map(ImageMapKind.ClassActivation);
            Assert.AreClose(raw.Numbers(), map.Values, CamTolerance, $"{what}, class {index}");
            CheckScaled(input, index, map, Size(input, "height"), Size(input, "width"), $"{what}, class {index}");
        }
        Assert.AreClose(
            input.GetProperty("rollout").GetProperty("class_row_patches").Numbers(),
            explanation.Map(ImageMapKind.AttentionRollout).Values, ProbabilityTolerance, $"{what}, rollout");
    }

    /// <summary>An error of the map is as many times larger as its range is less than 1.</summary>
    private static void CheckScaled(JsonElement input, int classIndex, ImageMap map, int height, int width, string what)
    {
        var raw = input.GetProperty("cam_raw")[classIndex].Numbers().ToList();
        var tolerance = CamTolerance / Math.Min(1, raw.Max() - raw.Min());
        var scaled = map.Normalize();
        Assert.AreClose(input.GetProperty("cam_minmax")[classIndex].Numbers(), scaled.Values, tolerance, $"{what}, min-max");

        var (enlarged, expected) = (scaled.Resize(height, width), input.GetProperty("cam_upsampled"));
        var statistics = expected.GetProperty("statistics_per_class")[classIndex];
        Assert.AreEqual(statistics.GetProperty("mean").GetDouble(), enlarged.Values.Average(value => (double)value), tolerance, what);
        Assert.AreClose(statistics.GetProperty("first").Numbers(), enlarged.Values.Take(4), tolerance, $"{what}, first");
        Assert.AreClose(statistics.GetProperty("last").Numbers(), enlarged.Values.TakeLast(4), tolerance, $"{what}, last");
        if (Size(expected, "class") != classIndex)
            return;
        int[] Places(string side) => [.. expected.GetProperty(side).Numbers().Select(place => (int)place)];
        var columns = Places("columns");
        Assert.AreClose(
            expected.GetProperty("minmax_of_class").Numbers(),
            Places("rows").SelectMany(row => columns.Select(column => enlarged.Values[row * width + column])), tolerance,
            $"{what}, enlarged");
    }

    private static ImageExplanation Explain(NetworkMaps maps) =>
        new(null, new RgbImage(1, 1, new byte[3]), ClassLabels.Numbered(maps.Logits.Length).Names, maps.Logits.Length, maps);

    private static string Decisions(ImageExplanation explanation) =>
        string.Join(", ", explanation.Branches.Select(branch => branch.Prediction.Class));

    private static MapSession Open(JsonElement golden, int side)
    {
        var architecture = GoldenArchitecture.Read(golden.GetProperty("constructor"));
        var weights = new FormulaWeights(ExportedGraph.Shapes(architecture), Size(golden, "weight_seed"));
        var model = new TrainedModel(
            architecture, weights, side, ClassLabels.Numbered(architecture.NumClasses), new ScoringColumns("Image", "Score", "Label"));
        return new MapSession(_context, model, new ScoringOptions(), includesStages: false, typeof(ImageExplainer));
    }

    private static int Size(JsonElement element, string name) => element.GetProperty(name).GetInt32();
}
