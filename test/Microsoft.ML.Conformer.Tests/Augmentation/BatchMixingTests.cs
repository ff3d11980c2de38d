using System.Text.Json;
using Microsoft.ML.Conformer.Augmentation;
using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Networks.Layers;
using Microsoft.ML.Conformer.Tests.Goldens;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Tests.Augmentation;

[TestClass]
public sealed class BatchMixingTests
{
    private const double Rounding = 1e-6;

    private static readonly AugmentationRecipe _official = new() { MixupAlpha = 0.8, CutMixAlpha = 1 };

    public static IEnumerable<object?[]> Files => GoldenFiles.OfKind("mixup-cutmix").Cases();

    [LeakCheckedTestMethod]
    [DynamicData(nameof(Files))]
    public void ImagesAndTargetsAreTimmsAndImagesStayChannelsLast(string? file)
    {
        var cases = GoldenFiles.Read(file).GetProperty("cases").EnumerateArray()
            .Where(golden => golden.GetProperty("mode").GetString() == "batch").ToList();
        Assert.IsTrue(cases.Any(golden => golden.GetProperty("use_cutmix").GetBoolean()));
        Assert.IsTrue(cases.Any(golden => !golden.GetProperty("use_cutmix").GetBoolean()));
        foreach (var golden in cases)
            Check(golden);
    }

    [TestMethod]
    [DynamicData(nameof(Files))]
    public void BoxesAndSharesAreTimms(string? file)
    {
        var boxes = GoldenFiles.Read(file).GetProperty("boxes").EnumerateArray().Where(box => box.TryGetProperty("cy", out _)).ToList();
        Assert.AreNotEqual(0, boxes.Count);
        foreach (var golden in boxes)
        {
            int Number(string name) => golden.GetProperty(name).GetInt32();
            var (height, width) = (Number("height"), Number("width"));

            var box = MixedBox.Around(Number("cy"), Number("cx"), golden.GetProperty("drawn_lambda").GetDouble(), height, width);

            Assert.AreEqual(new MixedBox(Number("top"), Number("bottom"), Number("left"), Number("right")), box);
            Assert.AreEqual(golden.GetProperty("lambda_corrected").GetDouble(), box.Share(height, width), 1e-12);
        }
    }

    [LeakCheckedTestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void TheMiddleImageOfAnOddBatchStaysAsItIs(bool cuts)
    {
        using var scope = NewDisposeScope();
        var images = Images(5, 8, 8);
        var box = cuts ? new MixedBox(1, 5, 2, 6) : (MixedBox?)null;

        var (mixed, targets) = new BatchMix(0.25, box, BatchMix.Reversed(5)).Apply(images, [tensor(new long[] { 0, 1, 2, 0, 1 })], 3);

        Assert.AreClose(images[2].Values(), mixed[2].Values(), Rounding, "image");
        Assert.AreClose(new double[] { 0, 0, 1 }, targets[0][2].Values(), Rounding, "target");
        var share = cuts ? 0.75 : 0.25;
        Assert.AreClose(new[] { share, 1 - share, 0 }, targets[0][0].Values(), Rounding, "target of the first");
    }

    [LeakCheckedTestMethod]
    public void TheBatchItselfIsLeftAsItIs()
    {
        using var scope = NewDisposeScope();
        var images = Images(4, 8, 8);
        var before = images.Values();

        new BatchMix(0, new MixedBox(0, 8, 0, 8), BatchMix.Reversed(4)).Apply(images, [tensor(new long[] { 0, 1, 2, 0 })], 3);

        CollectionAssert.AreEqual(before, images.Values());
    }

    [TestMethod]
    public void DrawsSwitchBetweenMixupAndCutMixWithSharesOfTheirDistributions()
    {
        var mixing = new BatchMixing(_official, 3, seed: 1);
        var mixes = Enumerable.Range(0, 20_000).Select(batch => mixing.Draw(new ImageRandom(1, 0, -2 - batch), 4, 224, 224)!).ToList();

        Assert.AreEqual(0.5, mixes.Average(mix => mix.Box is null ? 1.0 : 0), 0.02);
        var blends = mixes.Where(mix => mix.Box is null).Select(mix => mix.Share).ToList();
        Assert.AreEqual(0.5, blends.Average(), 0.015);
        Assert.AreEqual(1 / (4 * 2.6), blends.Average(share => Math.Pow(share - 0.5, 2)), 0.003);
        // Cut at the border, boxes keep more than a half on average; a simulation of timm's formulas gives 0.6822.
        var cuts = mixes.Where(mix => mix.Box is not null).Select(mix => mix.Box!.Value.Share(224, 224)).ToList();
        Assert.AreEqual(0.6822, cuts.Average(), 0.01);
        CollectionAssert.AreEqual(new[] { 3, 2, 1, 0 }, mixes[0].Partners);
    }

    [TestMethod]
    public void ARecipeMayMixSomeBatchesOnlyAndWithRandomPartners()
    {
        var recipe = new AugmentationRecipe { CutMixAlpha = 1, MixProbability = 0.25, MixPartner = MixPartner.Permuted };
        var mixing = new BatchMixing(recipe, 3, seed: 1);
        var mixes = Enumerable.Range(0, 8000).Select(batch => mixing.Draw(new ImageRandom(1, 0, -2 - batch), 3, 32, 32)).ToList();

        Assert.AreEqual(0.25, mixes.Average(mix => mix is null ? 0 : 1.0), 0.02);
        var mixed = mixes.OfType<BatchMix>().ToList();
        Assert.IsTrue(mixed.All(mix => mix.Box is not null), "Mixup is off");
        Assert.AreEqual(6, mixed.Select(mix => string.Join(",", mix.Partners)).Distinct().Count());
        Assert.IsNull(BatchMixing.Of(new AugmentationRecipe(), 3, seed: 1));
        Assert.IsNull(BatchMixing.Of(_official with { MixProbability = 0 }, 3, seed: 1));
    }

    [LeakCheckedTestMethod]
    public void ABatchIsMixedBySeedEpochAndNumberAlone()
    {
        using var scope = NewDisposeScope();
        var (images, labels) = (Images(4, 16, 16), tensor(new long[] { 0, 1, 2, 0 }));
        float[] Mixed(int seed, int epoch, int batch) =>
            new BatchMixing(_official, 3, seed).Apply(images, [labels], epoch, batch).Images.Values();
        var first = Mixed(1, 2, 3);

        CollectionAssert.AreEqual(first, Mixed(1, 2, 3));
        CollectionAssert.AreNotEqual(first, Mixed(2, 2, 3));
        CollectionAssert.AreNotEqual(first, Mixed(1, 3, 3));
        CollectionAssert.AreNotEqual(first, Mixed(1, 2, 4));
    }

    private static void Check(JsonElement golden)
    {
        int Number(string name) => golden.GetProperty(name).GetInt32();
        var (count, height, width, classes) = (Number("images"), Number("height"), Number("width"), Number("classes"));
        using var scope = NewDisposeScope();
        var images = Images(count, height, width, Number("input_seed"));
        var labels = tensor(golden.GetProperty("labels").EnumerateArray().Select(label => label.GetInt64()).ToArray());
        var share = golden.GetProperty("drawn_lambda").GetDouble();
        // Top, bottom, left, right. Boxes drawn between a least and a most size are not offered, but mixed all the same.
        int[] sides = [.. golden.GetProperty("boxes_top_bottom_left_right_and_lambda").Numbers().Take(4).Select(side => (int)side)];
        MixedBox? box = sides is [] ? null : new MixedBox(sides[0], sides[1], sides[2], sides[3]);
        if (golden.TryGetProperty("drawn_centre_cy_cx", out var center) && box is not null)
            Assert.AreEqual(box, MixedBox.Around(center[0].GetInt32(), center[1].GetInt32(), share, height, width));

        var (mixed, targets) = new BatchMix(share, box, BatchMix.Reversed(count)).Apply(images, [labels], classes);

        CollectionAssert.AreEqual(new[] { count, 3L, height, width }, mixed.shape);
        Assert.AreEqual((1L, 3L), (mixed.stride(1), mixed.stride(3)), "channels-last");
        var expected = golden.GetProperty("mixed").EnumerateArray().ToList();
        for (var image = 0; image < count; image++)
        {
            var values = mixed[image].contiguous().Values();
            Assert.AreEqual(expected[image].GetProperty("mean").GetDouble(), values.Average(value => (double)value), Rounding);
            double[] first = [.. expected[image].GetProperty("first").Numbers()], last = [.. expected[image].GetProperty("last").Numbers()];
            Assert.AreClose(first, values[..first.Length], Rounding, $"image {image}");
            Assert.AreClose(last, values[^last.Length..], Rounding, $"image {image}");
        }
        // timm smooths the labels before it mixes them; the loss smooths them after, which is the same.
        var smoothing = golden.GetProperty("smoothing").GetDouble();
        var smoothed = (targets[0] * (1 - smoothing) + smoothing / classes).Values();
        Assert.AreClose(golden.GetProperty("targets").Numbers(), smoothed, Rounding, "targets");
    }

    private static Tensor Images(int count, int height, int width, int seed = 0) => ChannelsLast.Of(
        tensor(Enumerable.Range(0, count).SelectMany(k => Formula.Image(k, height, width, seed)).ToArray())
            .reshape(count, 3, height, width));
}
