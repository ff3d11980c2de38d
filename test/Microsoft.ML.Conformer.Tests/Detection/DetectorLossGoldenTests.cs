using System.Text.Json;
using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Conformer.Detection.Boxes;
using Microsoft.ML.Conformer.Detection.Losses;
using Microsoft.ML.Conformer.Detection.Masks;
using Microsoft.ML.Conformer.Detection.Networks;
using Microsoft.ML.Conformer.Detection.Regions;
using Microsoft.ML.Conformer.Tests.Goldens;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Tests.Detection;

/// <summary>Losses and gradients of whole detectors against the official code's numbers in 64-bit floats.</summary>
[TestClass]
public sealed class DetectorLossGoldenTests
{
    private const double LossTolerance = 1e-5, GradientTolerance = 1e-3, ValueTolerance = 2e-4;

    private static IEnumerable<object?[]> Files => GoldenFiles.OfKind("detection-train").Cases();

    [TestMethod]
    [DynamicData(nameof(Files))]
    public void LossesAndGradientsAreTheOfficialOnes(string? file)
    {
        var golden = GoldenDetector.Open(file);
        using var network = DetectorGoldenTests.NetworkOf(golden);
        using var scope = NewDisposeScope();
        var json = golden.Json.GetProperty("case");
        var objects = ObjectsOf(json, golden.Architecture);
        var padded = new ImageSize(
            objects.Max(image => image.Size.Height), objects.Max(image => image.Size.Width)).PaddedTo(golden.Architecture.SizeDivisor);
        var pixels = objects.SelectMany((image, k) => golden.Image(k, image.Size.Height, image.Size.Width, padded.Height, padded.Width));
        var images = tensor(pixels.ToArray()).view(objects.Count, 3, padded.Height, padded.Width);

        network.train();
        var losses = new DetectorLoss(network, RulesOf(golden)).Of(
            AnchorOutputs.Of(network.call(images)), objects, new ImageRandom(0, 0, 0));
        CheckLosses(json.GetProperty("losses_f64"), losses);
        DetectorLoss.Sum(losses).backward();
        CheckGradients(json, network);
    }

    private static void CheckLosses(JsonElement expected, IReadOnlyList<PartialLoss> losses)
    {
        foreach (var loss in losses)
        {
            var values = TensorStatistics.Values(loss.Values);
            if (expected.TryGetProperty($"{loss.Name}_per_level", out var levels))
                foreach (var (level, value) in levels.Numbers().Index())
                    AssertRelative(value, values[level], LossTolerance, $"{loss.Name}, level {level}");
            AssertRelative(expected.GetProperty(loss.Name).GetDouble(), values.Sum(value => (double)value), LossTolerance, loss.Name);
        }
        AssertRelative(expected.GetProperty("total").GetDouble(), DetectorLoss.Sum(losses).ToDouble(), LossTolerance, "total");
    }

    private static void CheckGradients(JsonElement json, DetectionNetwork network)
    {
        var parameters = network.named_parameters().ToDictionary(entry => entry.name, entry => entry.parameter);
        foreach (var frozen in json.GetProperty("frozen_parameters").EnumerateArray())
            Assert.IsFalse(parameters[frozen.GetString()!].requires_grad, $"{frozen} is not frozen");
        Assert.AreEqual(
            json.GetProperty("frozen_parameters").GetArrayLength(), parameters.Values.Count(parameter => !parameter.requires_grad));
        foreach (var norm in json.GetProperty("grad_norm_f64").EnumerateObject())
        {
            var gradient = parameters[norm.Name].grad;
            var actual = gradient is null ? 0 : gradient.norm().ToDouble();
            AssertRelative(norm.Value.GetDouble(), actual, GradientTolerance, $"gradient of {norm.Name}");
        }
        if (!json.TryGetProperty("grad_first4_f64", out var firsts))
            return;
        foreach (var first in firsts.EnumerateObject())
        {
            double[] expected = [.. first.Value.Numbers()];
            TensorStatistics.AssertClose(expected, TensorStatistics.Values(parameters[first.Name].grad!)[..expected.Length],
                ValueTolerance * Math.Max(1, json.GetProperty("grad_norm_f64").GetProperty(first.Name).GetDouble()), first.Name);
        }
    }

    private static void AssertRelative(double expected, double actual, double tolerance, string what) =>
        Assert.AreEqual(expected, actual, tolerance * Math.Max(Math.Abs(expected), 1e-3), what);

    /// <summary>The rules of a file's "train_cfg".</summary>
    private static LossRules RulesOf(GoldenDetector golden)
    {
        var config = golden.Json.GetProperty("config").GetProperty("train_cfg");
        var rules = LossRules.Of(golden.Architecture.Head);
        if (!golden.Architecture.IsTwoStage)
            return rules;
        var proposing = config.GetProperty("rpn_proposal");
        return rules with
        {
            Proposals = rules.Proposals with
            {
                CandidatesPerLevel = proposing.GetProperty("nms_pre").GetInt32(),
                Proposals = proposing.GetProperty("nms_post").GetInt32(),
                ProposalOverlap = proposing.GetProperty("nms_thr").GetDouble(),
            },
            AnchorSampler = SamplerOf(config.GetProperty("rpn")),
            RegionSampler = SamplerOf(config.GetProperty("rcnn") is { ValueKind: JsonValueKind.Array } stages
                ? stages[0] : config.GetProperty("rcnn")),
        };
    }

    private static RegionSampler SamplerOf(JsonElement config)
    {
        var sampler = config.GetProperty("sampler");
        return new RegionSampler(sampler.GetProperty("num").GetInt32(), sampler.GetProperty("pos_fraction").GetDouble());
    }

    private static List<ImageObjects> ObjectsOf(JsonElement json, DetectorArchitecture architecture)
    {
        var sizes = json.GetProperty("image_sizes").EnumerateArray().Select(size => new ImageSize(size[0].GetInt32(), size[1].GetInt32()));
        return [.. sizes.Select((size, image) =>
        {
            Box[] boxes = [.. json.GetProperty("gt_boxes")[image].EnumerateArray().Select(box => new Box(
                box[0].GetSingle(), box[1].GetSingle(), box[2].GetSingle(), box[3].GetSingle()))];
            return new ImageObjects(
                size, boxes, [.. json.GetProperty("gt_labels")[image].Numbers().Select(label => (int)label)],
                architecture.HasMasks ? [.. boxes.Select((box, i) => MaskOf(box, size, isEllipse: i < boxes.Length - 1))] : []);
        })];
    }

    /// <summary>As the files say: an ellipse in the box or, of an image's last object, the box.</summary>
    private static RunLengthMask MaskOf(Box box, ImageSize size, bool isEllipse)
    {
        var bitmap = new bool[size.Height * size.Width];
        for (var y = 0; y < size.Height; y++)
            for (var x = 0; x < size.Width; x++)
            {
                double px = x + 0.5, py = y + 0.5;
                bitmap[y * size.Width + x] = isEllipse
                    ? Math.Pow((px - box.CenterX) / (box.Width / 2.0), 2) + Math.Pow((py - box.CenterY) / (box.Height / 2.0), 2) <= 1
                    : box.X0 <= px && px < box.X1 && box.Y0 <= py && py < box.Y1;
            }
        return RunLengthMask.FromBitmap(bitmap, size.Height, size.Width);
    }
}
