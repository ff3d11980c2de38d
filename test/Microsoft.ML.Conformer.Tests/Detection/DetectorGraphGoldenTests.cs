using System.Text.Json;
using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Conformer.Detection.Boxes;
using Microsoft.ML.Conformer.Detection.Masks;
using Microsoft.ML.Conformer.Detection.Onnx;
using Microsoft.ML.Conformer.Models;
using Microsoft.ML.Conformer.Tests.Goldens;

namespace Microsoft.ML.Conformer.Tests.Detection;

/// <summary>A detector's graph gives what the official code gives, from the backbone's maps to masks.</summary>
[TestClass]
public sealed class DetectorGraphGoldenTests
{
    private const double Values = 2e-4, Pixels = 1e-3, Scores = 2e-5;

    private static IEnumerable<object?[]> Files => GoldenFiles.OfKind("detection-eval").Cases();

    [TestMethod]
    [DynamicData(nameof(Files))]
    public void TheGraphGivesTheOfficialNumbers(string? file)
    {
        var golden = GoldenDetector.Open(file);
        var inside = Inside(golden.Architecture).ToList();
        using var graph = new RunGraph(golden.Architecture, golden.Rules, golden.Weights(), inside: inside.Select(value => value.Name));
        foreach (var image in golden.Cases)
        {
            var results = graph.Run(image.Pixels, [1, 3, image.PaddedHeight, image.PaddedWidth], image.Height, image.Width);
            foreach (var (name, path) in inside)
                if (Find(image.Json, path) is { } expected)
                    Check(expected, results[name], path);
            CheckDetections(golden.Rules, results, image);
            if (image.Json.TryGetProperty("mask_probability_of_detected_class", out var masks))
                new Checkpoint(masks).AssertIs(results["masks"], Values, "masks");
            if (image.Json.TryGetProperty("mask_logits_of_detected_class", out var logits))
                new Checkpoint(logits).AssertIs(
                    [.. results["masks"].Select(value => (float)Math.Log(value / (1.0 - value)))], Values, "masks' logits");
        }
    }

    /// <summary>What is found in an image is what the file says.</summary>
    internal static void CheckDetections(DetectionRules rules, RunGraph.Results results, GoldenDetector.Case image)
    {
        var detections = image.Json.GetProperty("detections");
        Assert.AreClose(detections.GetProperty("scores").Numbers(), results["scores"], Scores, "scores");
        Assert.AreClose(detections.GetProperty("labels").Numbers(), results["labels"], 0, "labels");
        Assert.AreClose(detections.GetProperty("boxes").Numbers(), results["boxes"], Pixels, "boxes");
        if (image.Json.TryGetProperty("masks", out var pasted))
            Assert.AreClose(
                pasted.EnumerateArray().Select(mask => mask.GetProperty("area").GetDouble()),
                Masks(rules, results, image).Select(mask => (double)mask.Area), 1, "masks' areas");
    }

    private static IEnumerable<RunLengthMask> Masks(DetectionRules rules, RunGraph.Results results, GoldenDetector.Case image)
    {
        const int side = DetectorArchitecture.MaskSide;
        return results["boxes"].Chunk(4).Zip(results["masks"].Chunk(side * side), (box, map) => PastedMask.Of(
            map, side, new Box(box[0], box[1], box[2], box[3]), image.Height, image.Width, (float)rules.MaskThreshold));
    }

    /// <summary>Values of the graph, and where in a case the file has them.</summary>
    private static IEnumerable<(string Name, string Path)> Inside(DetectorArchitecture architecture)
    {
        var network = KnownNetworks.GraphOf(architecture.Backbone);
        // The file has all of a backbone's maps, even those that the pyramid does not need.
        foreach (var level in architecture.Backbone.FeatureLevels)
            yield return (network.FeatureMap(level), $"backbone.{level - 2}");
        foreach (var (index, level) in architecture.Levels.Index())
        {
            yield return ($"p{level}", $"fpn.{index}");
            if (architecture.IsTwoStage)
            {
                yield return ($"rpn_head.rpn_cls.p{level}", $"rpn_objectness_logits.{index}");
                yield return ($"rpn_head.rpn_reg.p{level}", $"rpn_deltas.{index}");
            }
            else
            {
                yield return ($"bbox_head.retina_cls.p{level}", $"class_logits.{index}");
                yield return ($"bbox_head.retina_reg.p{level}", $"box_deltas.{index}");
            }
        }
        if (!architecture.IsTwoStage)
            yield break;
        yield return (ProposalHead.Boxes, "proposals.boxes");
        yield return (ProposalHead.Scores, "proposals.scores");
        foreach (var (index, stage) in architecture.Stages.Index())
        {
            var prefix = stage.IsCascaded ? $"stages.{index}." : "";
            yield return (RegionHead.Logits(stage), $"{prefix}class_logits");
            yield return (RegionHead.Corrections(stage), $"{prefix}box_deltas");
            if (stage.IsCascaded)
                yield return (RegionHead.BoxesOf(stage), $"{prefix}rois");
        }
    }

    private static JsonElement? Find(JsonElement json, string path)
    {
        foreach (var part in path.Split('.'))
        {
            if (json.ValueKind == JsonValueKind.Array)
                json = json[int.Parse(part)];
            else if (!json.TryGetProperty(part, out json))
                return null;
        }
        return json;
    }

    private static void Check(JsonElement expected, float[] actual, string what)
    {
        if (expected.ValueKind == JsonValueKind.Object)
            new Checkpoint(expected).AssertIs(actual, Values, what);
        else
            Assert.AreClose(expected.Numbers(), actual, what.Split('.')[^1] switch
            {
                "scores" => Scores,
                "class_logits" => Values,
                _ => Pixels,
            }, what);
    }
}
