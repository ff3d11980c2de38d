using System.Text.Json;
using Microsoft.ML.Conformer.Augmentation;
using Microsoft.ML.Conformer.Networks.Layers;
using Microsoft.ML.Conformer.Tests.Goldens;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Tests.Augmentation;

[TestClass]
public sealed class MixupTests
{
    private const double Rounding = 1e-6;

    public static IEnumerable<object?[]> Files => GoldenFiles.OfKind("mixup-cutmix").Cases();

    [LeakCheckedTestMethod]
    [DynamicData(nameof(Files))]
    public void ImagesAndTargetsAreTimmsAndImagesStayChannelsLast(string? file)
    {
        var cases = GoldenFiles.Read(file).GetProperty("cases").EnumerateArray()
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
        var images = ChannelsLast.Of(
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
            double[] first = [.. expected[image].GetProperty("first").Numbers()];
            Assert.AreClose(first, values[..first.Length], Rounding, $"image {image}");
        }
        // timm smooths the labels before it mixes them; the loss smooths them after, which is the same.
        var smoothing = golden.GetProperty("smoothing").GetDouble();
        var smoothed = (targets * (1 - smoothing) + smoothing / classes).Values();
        Assert.AreClose(golden.GetProperty("targets").Numbers(), smoothed, Rounding, "targets");
    }
}
