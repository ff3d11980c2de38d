using System.Text.Json;
using Microsoft.ML.Conformer.Augmentation;
using Microsoft.ML.Conformer.Tests.Goldens;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Tests.Augmentation;

[TestClass]
public sealed class MixupTests
{
    private const double Rounding = 1e-6;

    [LeakCheckedTestMethod]
    public void ImagesAndTargetsAreTimmsAndImagesStayChannelsLast()
    {
        var cases = GoldenFiles.OfKind("mixup-cutmix").OrInconclusive()
            .SelectMany(path => GoldenFiles.Read(path).GetProperty("cases").EnumerateArray())
            .Where(golden => golden.GetProperty("mode").GetString() == "batch" && !golden.GetProperty("use_cutmix").GetBoolean()).ToList();
        Assert.AreNotEqual(0, cases.Count);
        foreach (var golden in cases)
            Check(golden);
    }

    private static void Check(JsonElement golden)
    {
        int Number(string name) => golden.GetProperty(name).GetInt32();
        var (count, height, width, classes) = (Number("images"), Number("height"), Number("width"), Number("classes"));
        using var scope = NewDisposeScope();
        var images = VisionNetwork.ChannelsLast(
            tensor(Enumerable.Range(0, count).SelectMany(k => Formula.Image(k, height, width, Number("input_seed"))).ToArray())
                .reshape(count, 3, height, width));
        var labels = tensor(golden.GetProperty("labels").EnumerateArray().Select(label => label.GetInt64()).ToArray());

        var (mixed, targets) = new Mixup(classes, golden.GetProperty("drawn_lambda").GetDouble).Apply(images, labels);

        CollectionAssert.AreEqual(new[] { count, 3L, height, width }, mixed.shape);
        Assert.AreEqual((1L, 3L), (mixed.stride(1), mixed.stride(3)), "channels-last");
        var expected = golden.GetProperty("mixed").EnumerateArray().ToList();
        for (var image = 0; image < count; image++)
        {
            var values = mixed[image].contiguous().data<float>().ToArray();
            Assert.AreEqual(expected[image].GetProperty("mean").GetDouble(), values.Average(value => (double)value), Rounding);
            var first = Numbers(expected[image].GetProperty("first"));
            Deviation.AssertWithin(Rounding, first, values[..first.Length], $"image {image}");
        }
        // timm smooths the labels before it mixes them; the loss smooths them after, which is the same.
        var smoothing = golden.GetProperty("smoothing").GetDouble();
        Deviation.AssertWithin(
            Rounding, [.. golden.GetProperty("targets").EnumerateArray().SelectMany(Numbers)],
            (targets * (1 - smoothing) + smoothing / classes).data<float>().ToArray(), "targets");
    }

    private static double[] Numbers(JsonElement list) => [.. list.EnumerateArray().Select(number => number.GetDouble())];
}
