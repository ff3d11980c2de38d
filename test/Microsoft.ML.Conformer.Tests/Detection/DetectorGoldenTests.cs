using System.Text.Json;
using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Conformer.Detection.Boxes;
using Microsoft.ML.Conformer.Detection.Networks;
using Microsoft.ML.Conformer.Detection.Regions;
using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Tests.Goldens;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Tests.Detection;

/// <summary>Whole detectors in TorchSharp against the official code's numbers.</summary>
[TestClass]
public sealed class DetectorGoldenTests
{
    private const double MapTolerance = 2e-4, BoxTolerance = 1e-3, ScoreTolerance = 2e-5;

    private static IEnumerable<object?[]> Files => GoldenFiles.OfKind("detection-eval").Cases();

    [TestMethod]
    [DynamicData(nameof(Files))]
    public void ADetectorFindsWhatTheOfficialOneDoes(string? file)
    {
        var golden = GoldenDetector.Open(file);
        using var network = NetworkOf(golden);
        Assert.AreEqual(golden.Json.GetProperty("param_count").GetInt64(), network.parameters().Sum(parameter => parameter.numel()));
        foreach (var @case in golden.Cases)
            Check(golden, network, @case);
    }

    internal static DetectionNetwork NetworkOf(GoldenDetector golden)
    {
        var network = new DetectionNetwork(golden.Architecture);
        var weights = golden.Weights();
        using (no_grad())
            foreach (var (name, target) in network.state_dict())
                if (target.is_floating_point())
                    target.copy_(tensor(weights.Read(name)).view(target.shape));
        return network;
    }

    private static void Check(GoldenDetector golden, DetectionNetwork network, GoldenDetector.Case @case)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        network.eval();
        var images = tensor(@case.Pixels).view(1, 3, @case.PaddedHeight, @case.PaddedWidth);
        var size = new ImageSize(@case.Height, @case.Width);
        var (json, architecture) = (@case.Json, golden.Architecture);

        Compare(json, "backbone", network.BackboneMaps(images), architecture.IsTwoStage ? 0 : 1);
        var outputs = AnchorOutputs.Of(network.call(images));
        Compare(json, "fpn", outputs.Maps);
        Compare(json, architecture.IsTwoStage ? "rpn_objectness_logits" : "class_logits", outputs.Scores);
        Compare(json, architecture.IsTwoStage ? "rpn_deltas" : "box_deltas", outputs.Deltas);
        if (architecture.IsTwoStage)
            CheckRegions(golden, network, @case, outputs, size);

        var found = new Detector(network, golden.Rules).Detect(images, [size])[0];
        var expected = json.GetProperty("detections");
        CheckBoxes(expected.GetProperty("boxes"), [.. found.Found.Select(one => one.Box)], "detections");
        TensorStatistics.AssertClose(
            [.. expected.GetProperty("scores").Numbers()], [.. found.Found.Select(one => one.Score)], ScoreTolerance, "scores");
        CollectionAssert.AreEqual(
            expected.GetProperty("labels").Numbers().Select(label => (int)label).ToArray(), found.Found.Select(one => one.Label).ToArray());
        CheckMasks(json, found);
    }

    private static void CheckRegions(
        GoldenDetector golden, DetectionNetwork network, GoldenDetector.Case @case, AnchorOutputs outputs, ImageSize size)
    {
        var (json, architecture) = (@case.Json, golden.Architecture);
        var proposals = ProposalSelection.Of(JudgedAnchors.Of(architecture, outputs)[0], size, golden.Rules);
        CheckBoxes(json.GetProperty("proposals").GetProperty("boxes"), proposals.Boxes, "proposals");
        TensorStatistics.AssertClose(
            [.. json.GetProperty("proposals").GetProperty("scores").Numbers()], proposals.Scores, ScoreTolerance, "proposals' scores");
        List<Region> regions = [.. proposals.Boxes.Select(box => new Region(0, box))];
        var levels = regions.Select(region => architecture.MapOf(region.Box)).ToList();
        if (json.TryGetProperty("roi_level", out var expected))
            CollectionAssert.AreEqual(expected.Numbers().Select(level => (int)level).ToArray(), levels);
        if (json.TryGetProperty("roi_features", out var features))
            TensorStatistics.AssertEqual(
                features, RegionPooling.Pool(architecture, outputs.Maps, regions, DetectorArchitecture.BoxBins), MapTolerance, "regions");
        var judged = new Detector(network, golden.Rules).Judge(outputs.Maps, regions, [size]);
        if (json.TryGetProperty("class_logits", out var logits))
            TensorStatistics.AssertClose([.. logits.Numbers()], judged.Logits, MapTolerance, "logits");
        if (json.TryGetProperty("box_deltas", out var deltas))
            TensorStatistics.AssertEqual(
                deltas, [regions.Count, judged.Deltas.Length / regions.Count], judged.Deltas, MapTolerance, "corrections");
        if (json.TryGetProperty("stages", out var stages))
            CheckBoxes(stages.EnumerateArray().Last().GetProperty("rois"), [.. judged.Regions.Select(region => region.Box)], "last stage");
    }

    private static void CheckMasks(JsonElement json, ImageDetections found)
    {
        float[] probabilities = [.. found.Masks.SelectMany(mask => mask)];
        long[] shape = [found.Masks.Count, DetectorArchitecture.MaskSide, DetectorArchitecture.MaskSide];
        if (json.TryGetProperty("mask_probability_of_detected_class", out var expected))
            TensorStatistics.AssertEqual(expected, shape, probabilities, MapTolerance, "masks");
        else if (json.TryGetProperty("mask_logits_of_detected_class", out expected))
            TensorStatistics.AssertEqual(
                expected, shape, [.. probabilities.Select(p => (float)Math.Log(p / (1 - (double)p)))], MapTolerance, "masks");
        else
            Assert.AreEqual(0, found.Masks.Count);
    }

    /// <summary>Not every file has every map.</summary>
    private static void Compare(JsonElement json, string name, Tensor[] actual, int skipped = 0)
    {
        if (!json.TryGetProperty(name, out var expected))
            return;
        Assert.AreEqual(expected.GetArrayLength() - skipped, actual.Length, name);
        for (var level = 0; level < actual.Length; level++)
            TensorStatistics.AssertEqual(expected[level + skipped], actual[level], MapTolerance, $"{name} {level}");
    }

    private static void CheckBoxes(JsonElement expected, IReadOnlyList<Box> actual, string what) => TensorStatistics.AssertClose(
        [.. expected.Numbers()], [.. actual.SelectMany(box => (float[])[box.X0, box.Y0, box.X1, box.Y1])], BoxTolerance, what);
}
