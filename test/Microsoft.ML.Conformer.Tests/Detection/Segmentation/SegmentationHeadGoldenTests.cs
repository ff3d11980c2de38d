using System.Text.Json;
using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Detection.Boxes;
using Microsoft.ML.Conformer.Detection.Losses;
using Microsoft.ML.Conformer.Detection.Networks;
using Microsoft.ML.Conformer.Networks.Layers;
using Microsoft.ML.Conformer.Tests.Goldens;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Tests.Detection.Segmentation;

/// <summary>The pyramid pooling head and its loss against numbers of a reference implementation.</summary>
[TestClass]
public sealed class SegmentationHeadGoldenTests
{
    private const double Tolerance = 1e-5, LossTolerance = 1e-5, GradientTolerance = 1e-3;

    private static IEnumerable<object?[]> Files => GoldenFiles.OfKind("psp-head").Cases();

    [TestMethod]
    [DynamicData(nameof(Files))]
    public void LayersHaveTheOfficialNamesAndShapes(string? file)
    {
        var golden = GoldenHead.Open(file);
        var shape = golden.MapShape;

        var tensors = SegmentationLayout.HeadLayers(golden.Architecture, (int)shape[1], shape[2], shape[3])
            .SelectMany(layer => layer.Tensors);

        CollectionAssert.AreEquivalent(
            golden.StateDict.Select(entry => $"{entry.Name} [{string.Join(", ", entry.Shape)}]").ToList(),
            tensors.Select(tensor => $"{tensor.Name} [{string.Join(", ", tensor.Shape)}]").ToList());
    }

    [TestMethod]
    [DynamicData(nameof(Files))]
    public void BranchesLogitsAndClassesOfPixelsAreTheReference(string? file)
    {
        var golden = GoldenHead.Open(file);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var random = new DropRandom(0);
        using var head = Head(golden, random);
        head.eval();
        var (json, map, size) = (golden.Json, Map(golden), Size(golden));

        foreach (var (index, branch) in head.Branches(map).Index())
        {
            var expected = json.GetProperty("branches_before_resize")[index];
            TensorStatistics.AssertEqual(expected, branch, Tolerance, $"branch {index}");
            TensorStatistics.AssertClose(
                [.. expected.GetProperty("values_image0_channel0").Numbers()], TensorStatistics.Values(branch[0][0]), Tolerance,
                $"branch {index}, channel 0");
        }
        var logits = head.call(map);
        TensorStatistics.AssertEqual(json.GetProperty("logits"), logits, Tolerance, "logits");
        TensorStatistics.AssertClose(
            [.. json.GetProperty("logits_image1_class2").Numbers()], TensorStatistics.Values(logits[1][2]), Tolerance, "class 2");
        var pixels = PixelLogits.Of(logits, size, Divisor(golden));
        TensorStatistics.AssertEqual(json.GetProperty("resized"), pixels, Tolerance, "resized");
        double[] row = [.. json.GetProperty("resized").GetProperty("row7_image0_class1").Numbers()]; // every so many pixels
        var step = (size.Width + row.Length - 1) / row.Length;
        TensorStatistics.AssertClose(
            row, [.. TensorStatistics.Values(pixels[0][1][7]).Where((_, x) => x % step == 0)], Tolerance, "row 7");
        CollectionAssert.AreEqual(
            json.GetProperty("argmax_counts").Numbers().ToArray(),
            pixels.argmax(1).unbind(0).SelectMany(image => CountsOf(image, golden.Architecture.NumClasses)).ToArray());
    }

    [TestMethod]
    [DynamicData(nameof(Files))]
    public void LossGradientsAndRunningMeansAreTheReference(string? file)
    {
        var golden = GoldenHead.Open(file);
        using var scope = NewDisposeScope();
        using var random = new DropRandom(0);
        using var head = Head(golden, random);
        head.train();
        var (json, labels) = (golden.Json.GetProperty("train"), Labels(golden));

        Tensor[] logits = [head.call(Map(golden))];
        var loss = new SegmentationLoss(Divisor(golden)).Of(logits, labels);
        var ofAll = new SegmentationLoss(Divisor(golden)) { DividesByAllPixels = true }.Of(logits, labels);
        loss.backward();

        Assert.AreEqual(
            json.GetProperty("ignored_pixels").GetInt32(), golden.Labels().Count(label => label == byte.MaxValue), "ignored pixels");
        AssertRelative(json.GetProperty("loss_mean_over_valid").GetDouble(), loss.ToDouble(), LossTolerance, "mean over valid pixels");
        AssertRelative(json.GetProperty("loss_mean_over_all").GetDouble(), ofAll.ToDouble(), LossTolerance, "mean over all pixels");
        CheckGradients(json, head);
        var buffers = head.named_buffers().ToDictionary(entry => entry.name, entry => entry.buffer);
        foreach (var mean in json.GetProperty("running_mean_after").EnumerateObject())
        {
            double[] expected = [.. mean.Value.Numbers()];
            TensorStatistics.AssertClose(expected, TensorStatistics.Values(buffers[mean.Name])[..expected.Length], Tolerance, mean.Name);
            Assert.AreEqual(1, buffers[mean.Name.Replace("running_mean", "num_batches_tracked")].item<long>());
        }
    }

    private static void CheckGradients(JsonElement json, PyramidPoolingHead head)
    {
        var gradients = head.named_parameters().ToDictionary(entry => entry.name, entry => entry.parameter.grad!.norm().ToDouble());
        Assert.AreEqual(gradients.Count, json.GetProperty("grad_norm").EnumerateObject().Count());
        foreach (var norm in json.GetProperty("grad_norm").EnumerateObject())
            AssertRelative(norm.Value.GetDouble(), gradients[norm.Name], GradientTolerance, $"gradient of {norm.Name}");
    }

    private static PyramidPoolingHead Head(GoldenHead golden, DropRandom random)
    {
        var head = new PyramidPoolingHead(golden.Architecture, (int)golden.MapShape[1], drop: 0, random);
        var weights = golden.Weights;
        using (no_grad())
            foreach (var (name, target) in head.state_dict())
                if (target.is_floating_point())
                    target.copy_(tensor(weights.Read(name)).view(target.shape));
        return head;
    }

    private static Tensor Map(GoldenHead golden) => ChannelsLast.Of(tensor(golden.Map).view(golden.MapShape));

    private static Tensor Labels(GoldenHead golden) =>
        tensor(golden.Labels()).view(golden.MapShape[0], golden.ImageSize.Height, golden.ImageSize.Width);

    private static ImageSize Size(GoldenHead golden) => new(golden.ImageSize.Height, golden.ImageSize.Width);

    /// <summary>The map's stride: the images are not padded.</summary>
    private static int Divisor(GoldenHead golden) => golden.ImageSize.Height / (int)golden.MapShape[2];

    private static IEnumerable<double> CountsOf(Tensor classes, int count)
    {
        var values = classes.contiguous().data<long>().ToArray();
        return Enumerable.Range(0, count).Select(index => (double)values.Count(value => value == index));
    }

    private static void AssertRelative(double expected, double actual, double tolerance, string what) =>
        Assert.AreEqual(expected, actual, tolerance * Math.Max(Math.Abs(expected), 1e-3), what);
}
