using System.Text.Json;
using Microsoft.ML.Conformer.Detection.Boxes;
using Microsoft.ML.Conformer.Detection.Losses;
using Microsoft.ML.Conformer.Detection.Networks;
using Microsoft.ML.Conformer.Detection.Regions;
using Microsoft.ML.Conformer.Networks.Layers;
using Microsoft.ML.Conformer.Tests.Goldens;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Conformer.Tests.Detection;

/// <summary>The parts of detectors, one by one, against the official code's numbers.</summary>
[TestClass]
public sealed class DetectorPartsGoldenTests
{
    private const double Tolerance = 1e-5;

    private static IEnumerable<object?[]> Anchors => GoldenFiles.OfKind("detection-anchors").Cases();

    private static IEnumerable<object?[]> Codecs => GoldenFiles.OfKind("detection-box-codec").Cases();

    private static IEnumerable<object?[]> Matchers => GoldenFiles.OfKind("detection-matcher").Cases();

    private static IEnumerable<object?[]> Poolings => GoldenFiles.OfKind("detection-roi-align").Cases();

    private static IEnumerable<object?[]> Losses => GoldenFiles.OfKind("detection-losses").Cases();

    [TestMethod]
    [DynamicData(nameof(Anchors))]
    public void AnchorsStandWhereTheOfficialOnesDo(string? file)
    {
        foreach (var detector in GoldenFiles.Read(file).GetProperty("official").EnumerateObject())
        {
            var (config, json) = (detector.Value.GetProperty("config"), detector.Value);
            double[] scales = config.TryGetProperty("scales", out var given)
                ? [.. given.Numbers()]
                : [.. Enumerable.Range(0, config.GetProperty("scales_per_octave").GetInt32()).Select(i =>
                    config.GetProperty("octave_base_scale").GetDouble() *
                    Math.Pow(2, (double)i / config.GetProperty("scales_per_octave").GetInt32()))];
            var anchors = new Anchors([.. config.GetProperty("ratios").Numbers()], scales);
            foreach (var (level, stride) in config.GetProperty("strides").Numbers().Index())
            {
                AssertBoxes(json.GetProperty("base_anchors")[level], anchors.Around((int)stride), $"{detector.Name}, stride {stride}");
                var size = json.GetProperty("feature_sizes_h_w")[level];
                var grid = anchors.Of((int)stride, size[0].GetInt32(), size[1].GetInt32());
                Assert.AreEqual(json.GetProperty("count")[level].GetInt32(), grid.Length);
                if (json.TryGetProperty($"grid_level{level}", out var expected))
                    AssertBoxes(expected, grid, $"{detector.Name}, grid of stride {stride}");
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(Codecs))]
    public void BoxesAreWrittenAndReadAsTheOfficialOnes(string? file)
    {
        var json = GoldenFiles.Read(file);
        var (anchors, targets) = (Boxes(json.GetProperty("anchors")), Boxes(json.GetProperty("targets")));
        foreach (var @case in json.GetProperty("encode").EnumerateArray())
        {
            var (codec, deltas) = (CodecOf(@case), new float[anchors.Length * 4]);
            for (var i = 0; i < anchors.Length; i++)
                codec.Encode(anchors[i], targets[i], deltas.AsSpan(i * 4, 4));
            AssertNear(@case.GetProperty("deltas"), deltas, "encoded");
        }
        var written = Floats(json.GetProperty("deltas"));
        foreach (var @case in json.GetProperty("decode").EnumerateArray())
            AssertNear(@case.GetProperty("boxes"), Decoded(@case, anchors, written, perBox: 1), "decoded");
        if (json.TryGetProperty("decode_per_class", out var perClass))
        {
            var deltas = perClass.GetProperty("deltas_n_by_4c");
            AssertNear(
                perClass.GetProperty("boxes"), Decoded(perClass, anchors, Floats(deltas), deltas[0].GetArrayLength() / 4), "per class");
        }
    }

    [TestMethod]
    [DynamicData(nameof(Matchers))]
    public void CandidatesFindTheObjectsThatTheOfficialOnesDo(string? file)
    {
        var json = GoldenFiles.Read(file);
        var quality = json.GetProperty("quality").EnumerateArray().Select(Floats).ToArray();
        foreach (var @case in json.GetProperty("cases").EnumerateArray())
        {
            var matcher = new Matcher(
                @case.GetProperty("pos_iou_thr").GetSingle(), @case.GetProperty("neg_iou_thr").GetSingle(),
                @case.GetProperty("low_quality").GetBoolean() ? @case.GetProperty("min_pos_iou").GetSingle() : null);
            CollectionAssert.AreEqual(
                @case.GetProperty("official").Numbers().Select(match => (int)match).ToArray(),
                matcher.Match(quality[0].Length, quality.Length, (item, row) => quality[item].CopyTo(row, 0)),
                @case.GetProperty("name").GetString());
        }
        var none = json.GetProperty("no_ground_truth");
        CollectionAssert.AreEqual(
            none.GetProperty("official").Numbers().Select(match => (int)match).ToArray(),
            new Matcher(0.7f, 0.3f, 0.3f).Match(new Box[none.GetProperty("anchors").GetInt32()], []));
    }

    [TestMethod]
    [DynamicData(nameof(Poolings))]
    public void RegionsArePooledAsByTheOfficialOperator(string? file)
    {
        using var scope = NewDisposeScope();
        var json = GoldenFiles.Read(file);
        Region[] regions = [.. json.GetProperty("rois").EnumerateArray().Select(roi => new Region(
            (int)roi[0].GetDouble(), new Box(roi[1].GetSingle(), roi[2].GetSingle(), roi[3].GetSingle(), roi[4].GetSingle())))];
        foreach (var @case in json.GetProperty("cases").EnumerateArray())
        {
            var gradient = @case.GetProperty("gradient_of_sum_y_times_g");
            long[] shape = [.. gradient.GetProperty("stat").GetProperty("shape").Numbers().Select(side => (long)side)];
            var map = ChannelsLast.Of(Uniform(json.GetProperty("feature_key").GetString()!, shape)).requires_grad_(true);
            var what = $"{@case.GetProperty("output")} bins, {@case.GetProperty("sampling_ratio")} samples, {@case.GetProperty("aligned")}";
            var pooled = RegionPooling.Pool(
                map, json.GetProperty("spatial_scale").GetSingle(), regions, @case.GetProperty("output").GetInt32(),
                @case.GetProperty("sampling_ratio").GetInt32(), @case.GetProperty("aligned").GetBoolean());

            var values = TensorStatistics.Values(pooled);
            TensorStatistics.AssertEqual(@case.GetProperty("stat"), pooled, Tolerance, what);
            if (@case.TryGetProperty("values", out var all))
                AssertNear(all, values, what);
            pooled.mul(Uniform(gradient.GetProperty("g_key").GetString()!, pooled.shape)).sum().backward();
            TensorStatistics.AssertEqual(gradient.GetProperty("stat"), map.grad!, Tolerance, $"{what}: gradient");
            Assert.AreEqual(gradient.GetProperty("norm").GetDouble(), map.grad!.norm().ToDouble(), 1e-4, $"{what}: gradient's norm");
        }
    }

    [TestMethod]
    [DynamicData(nameof(Losses))]
    public void LossesOfValuesAndTheirGradientsAreTheOfficialOnes(string? file)
    {
        using var scope = NewDisposeScope();
        var json = GoldenFiles.Read(file);
        var classes = json.GetProperty("logits")[0].GetArrayLength();
        var labels = json.GetProperty("labels").Numbers().Select(label => (long)label).ToArray();
        var logits = tensor(Floats(json.GetProperty("logits"))).view(-1, classes);
        var targets = functional.one_hot(tensor(labels), classes + 1).narrow(1, 0, classes).to(ScalarType.Float32);
        foreach (var name in (string[])["sigmoid_focal", "sigmoid_focal_2"])
        {
            var focal = json.GetProperty(name);
            var (alpha, gamma) = (focal.GetProperty("alpha").GetDouble(), focal.GetProperty("gamma").GetDouble());
            CheckLoss(focal, logits, values => PointLosses.FocalEach(values, targets, alpha, gamma), name);
            if (focal.TryGetProperty("sum", out var sum))
                Assert.AreEqual(
                    sum.GetDouble(), PointLosses.Focal(logits, targets, alpha, gamma).ToDouble(), Tolerance * sum.GetDouble());
        }
        CheckLoss(json.GetProperty("bce_with_logits"), logits,
            values => functional.binary_cross_entropy_with_logits(values, targets, reduction: Reduction.None), "cross entropy");
        var regression = json.GetProperty("regression");
        var (prediction, target) =
            (tensor(Floats(regression.GetProperty("prediction"))), tensor(Floats(regression.GetProperty("target"))));
        foreach (var (name, beta) in new[] { ("l1", 0), ("smooth_l1_beta_1_9", 1.0 / 9), ("smooth_l1_beta_1", 1) })
            CheckLoss(regression.GetProperty(name), prediction, values => PointLosses.BoxesEach(values, target, beta), name);
    }

    private static void CheckLoss(JsonElement expected, Tensor inputs, Func<Tensor, Tensor> loss, string what)
    {
        var leaf = inputs.detach().clone().requires_grad_(true);
        var each = loss(leaf);
        AssertNear(expected.GetProperty("value"), TensorStatistics.Values(each), what);
        each.sum().backward();
        AssertNear(expected.GetProperty("gradient"), TensorStatistics.Values(leaf.grad!), $"{what}: gradient");
    }

    private static Tensor Uniform(string key, long[] shape)
    {
        var hash = Formula.Hash(key);
        var count = shape.Aggregate(1L, (product, side) => product * side);
        return tensor([.. Enumerable.Range(0, (int)count).Select(i => (float)Formula.Uniform(hash, (ulong)i))]).view(shape);
    }

    private static float[] Decoded(JsonElement @case, Box[] anchors, float[] deltas, int perBox)
    {
        var codec = CodecOf(@case);
        var clip = @case.GetProperty("clip_height_width");
        return [.. Enumerable.Range(0, deltas.Length / 4).SelectMany(i =>
        {
            var box = codec.Decode(anchors[i / perBox], deltas.AsSpan(i * 4, 4));
            if (clip.ValueKind == JsonValueKind.Array)
                box = box.ClippedTo(new ImageSize(clip[0].GetInt32(), clip[1].GetInt32()));
            return (float[])[box.X0, box.Y0, box.X1, box.Y1];
        })];
    }

    private static BoxCodec CodecOf(JsonElement json) =>
        new(json.GetProperty("stds")[0].GetDouble(), json.GetProperty("stds")[2].GetDouble());

    private static float[] Floats(JsonElement json) => [.. json.Numbers().Select(value => (float)value)];

    private static Box[] Boxes(JsonElement json) =>
        [.. Floats(json).Chunk(4).Select(edges => new Box(edges[0], edges[1], edges[2], edges[3]))];

    private static void AssertBoxes(JsonElement expected, Box[] actual, string what) =>
        AssertNear(expected, [.. actual.SelectMany(box => (float[])[box.X0, box.Y0, box.X1, box.Y1])], what);

    /// <summary>Relative where values are above 1.</summary>
    private static void AssertNear(JsonElement expected, float[] actual, string what)
    {
        double[] values = [.. expected.Numbers()];
        Assert.AreEqual(values.Length, actual.Length, what);
        for (var i = 0; i < values.Length; i++)
            Assert.AreEqual(values[i], actual[i], Tolerance * Math.Max(1, Math.Abs(values[i])), $"{what}: value {i}");
    }
}
