using System.Text.Json;
using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Conformer.Tests.Goldens;

namespace Microsoft.ML.Conformer.Tests.Detection;

/// <summary>A golden file of the kind detection-eval or detection-train: a detector by formula, and what it must give.</summary>
internal sealed class GoldenDetector
{
    private GoldenDetector(JsonElement json)
    {
        Json = json;
        Architecture = ArchitectureOf(json.GetProperty("config"));
        Rules = RulesOf(json.GetProperty("config").GetProperty("test_cfg"));
    }

    public JsonElement Json { get; }

    public DetectorArchitecture Architecture { get; }

    /// <summary>How its detections are chosen.</summary>
    public DetectionRules Rules { get; }

    /// <summary>The images, one by one, of a file of the kind detection-eval.</summary>
    public IEnumerable<Case> Cases => Json.GetProperty("cases").EnumerateArray().Select(json => new Case(
        json, json.GetProperty("height").GetInt32(), json.GetProperty("width").GetInt32(),
        json.GetProperty("padded")[0].GetInt32(), json.GetProperty("padded")[1].GetInt32(),
        Image(
            json.GetProperty("image").GetInt32(), json.GetProperty("height").GetInt32(), json.GetProperty("width").GetInt32(),
            json.GetProperty("padded")[0].GetInt32(), json.GetProperty("padded")[1].GetInt32())));

    /// <param name="file">Of a test case; where it is null, the test ends as inconclusive.</param>
    public static GoldenDetector Open(string? file) => new(GoldenFiles.Read(file));

    /// <summary>All weights, under the official names.</summary>
    public FormulaWeights Weights()
    {
        var shapes = Architecture.StateDict().ToDictionary(tensor => tensor.Name, tensor => tensor.Shape.ToArray());
        var weights = new FormulaWeights(shapes, Json.GetProperty("weight_seed").GetInt32());
        foreach (var rule in Json.GetProperty("multiply").EnumerateArray())
            weights.Multiply(rule[0].GetString()!, rule[1].GetDouble());
        foreach (var rule in Json.GetProperty("add").EnumerateObject())
            weights.Add(rule.Name, rule.Value.GetDouble());
        return weights;
    }

    /// <summary>
    /// Image number k of a height and width, [3, padded height, padded width], with zeros at the bottom and at the right.
    /// </summary>
    public float[] Image(int k, int height, int width, int paddedHeight, int paddedWidth) =>
        Padded(Formula.Image(k, height, width, Json.GetProperty("input_seed").GetInt32()), width, paddedHeight, paddedWidth);

    /// <summary>An image, [3, height, width], with zeros at the bottom and at the right.</summary>
    public static float[] Padded(float[] image, int width, int paddedHeight, int paddedWidth)
    {
        var height = image.Length / 3 / width;
        var padded = new float[3 * paddedHeight * paddedWidth];
        for (var row = 0; row < 3 * height; row++)
            image.AsSpan(row * width, width).CopyTo(padded.AsSpan((row / height * paddedHeight + row % height) * paddedWidth));
        return padded;
    }

    private static DetectorArchitecture ArchitectureOf(JsonElement config)
    {
        var isRetina = config.TryGetProperty("bbox_head", out var dense);
        var (anchorHead, regionHead) = isRetina ? (dense, default) : (config.GetProperty("rpn_head"), config.GetProperty("roi_head"));
        var anchors = anchorHead.GetProperty("anchor_generator");
        var boxHead = isRetina ? dense : First(regionHead.GetProperty("bbox_head"));
        var common = new DetectorArchitecture
        {
            Backbone = GoldenArchitecture.Read(config.GetProperty("backbone")),
            Head = config.GetProperty("type").GetString() switch
            {
                "RetinaNet" => DetectionHead.RetinaNet,
                "FasterRCNN" => DetectionHead.FasterRcnn,
                "MaskRCNN" => DetectionHead.MaskRcnn,
                "CascadeRCNN" or "CascadeMaskRCNN" => DetectionHead.CascadeMaskRcnn,
                var other => throw new InvalidDataException($"There is no detector '{other}'."),
            },
            NumClasses = boxHead.GetProperty("num_classes").GetInt32(),
            PyramidChannels = config.GetProperty("neck").GetProperty("out_channels").GetInt32(),
            AnchorRatios = [.. anchors.GetProperty("ratios").Numbers()],
            AnchorScales = ScalesOf(anchors),
        };
        return isRetina ? common : common with
        {
            HiddenWidth = boxHead.GetProperty("fc_out_channels").GetInt32(),
            FinestScale = First(regionHead.GetProperty("bbox_roi_extractor")).GetProperty("finest_scale").GetDouble(),
        };
    }

    private static double[] ScalesOf(JsonElement anchors)
    {
        if (anchors.TryGetProperty("scales", out var scales))
            return [.. scales.Numbers()];
        var (first, count) = (anchors.GetProperty("octave_base_scale").GetDouble(), anchors.GetProperty("scales_per_octave").GetInt32());
        return [.. Enumerable.Range(0, count).Select(index => first * Math.Pow(2, (double)index / count))];
    }

    private static DetectionRules RulesOf(JsonElement config)
    {
        var isTwoStage = config.TryGetProperty("rpn", out var proposing);
        var last = isTwoStage ? config.GetProperty("rcnn") : config;
        var rules = new DetectionRules
        {
            CandidatesPerLevel = (isTwoStage ? proposing : last).GetProperty("nms_pre").GetInt32(),
            LeastScore = last.GetProperty("score_thr").GetDouble(),
            Overlap = last.GetProperty("nms").GetProperty("iou_threshold").GetDouble(),
            MostDetections = last.GetProperty("max_per_img").GetInt32(),
        };
        return isTwoStage
            ? rules with
            {
                Proposals = proposing.GetProperty("nms_post").GetInt32(),
                ProposalOverlap = proposing.GetProperty("nms_thr").GetDouble(),
                MaskThreshold = last.TryGetProperty("mask_thr_binary", out var threshold) ? threshold.GetDouble() : rules.MaskThreshold,
            }
            : rules;
    }

    private static JsonElement First(JsonElement element) => element.ValueKind == JsonValueKind.Array ? element[0] : element;

    /// <summary>One image and the numbers that belong to it.</summary>
    /// <param name="Json">The numbers.</param>
    /// <param name="Height">In pixels, without padding.</param>
    /// <param name="Width">In pixels, without padding.</param>
    /// <param name="PaddedHeight">In pixels.</param>
    /// <param name="PaddedWidth">In pixels.</param>
    /// <param name="Pixels">Normalized and padded, [3, padded height, padded width].</param>
    public sealed record Case(JsonElement Json, int Height, int Width, int PaddedHeight, int PaddedWidth, float[] Pixels);
}
