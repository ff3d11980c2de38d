using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Conformer.Models;
using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Onnx;
using Microsoft.ML.Conformer.Onnx.Format;
using Microsoft.ML.Conformer.Onnx.Graph;
using Microsoft.ML.Conformer.Tests.Goldens;
using Microsoft.ML.Conformer.Tests.Onnx;

namespace Microsoft.ML.Conformer.Tests.Detection;

/// <summary>What a detector's graph does with batches, sizes, pixels and rules.</summary>
[TestClass]
public sealed class DetectorGraphTests
{
    /// <summary>Both of images 0 and 1 are padded to this.</summary>
    private const int Height = 96, Width = 128;

    private static readonly ConformerArchitecture _backbone = ExportedGraph.Micro with { Depth = 6 };
    private static readonly string[] _outputs = ["boxes", "scores", "labels", "masks"];

    private static IEnumerable<object[]> Heads => Enum.GetValues<DetectionHead>().Select(head => new object[] { head });

    [TestMethod]
    [DynamicData(nameof(Heads))]
    public void ABatchGivesWhatItsImagesGiveAlone(DetectionHead head)
    {
        using var graph = Graph(Micro(head), new DetectionRules { LeastScore = 0.1 });

        var both = graph.Run([.. Image(0, 90, 128), .. Image(1, 96, 101)], [2, 3, Height, Width], 90, 128, 96, 101);
        var alone = new[]
        {
            graph.Run(Image(0, 90, 128), [1, 3, Height, Width], 90, 128), graph.Run(Image(1, 96, 101), [1, 3, Height, Width], 96, 101),
        };

        Assert.IsGreaterThan(20, both["scores"].Length);
        for (var image = 0; image < 2; image++)
            foreach (var output in Outputs(head))
                Assert.AreClose(alone[image][output], both.Of(image, output), 1e-4, $"{output} of image {image}");
        CollectionAssert.AreEqual(both["images"].Order().ToArray(), both["images"]);
    }

    [TestMethod]
    [DynamicData(nameof(Heads))]
    public void BoxesStayInsideOfImagesAndScoresFall(DetectionHead head)
    {
        using var graph = Graph(Micro(head), new DetectionRules { LeastScore = 0.1 });

        var results = graph.Run(Image(0, 90, 77), [1, 3, Height, Width], 90, 77);

        Assert.IsTrue(results["boxes"].Chunk(4).All(box => box[0] >= 0 && box[1] >= 0 && box[0] <= box[2] && box[1] <= box[3]));
        Assert.AreEqual(77, results["boxes"].Chunk(4).Max(box => box[2]));
        Assert.IsLessThanOrEqualTo(90, results["boxes"].Chunk(4).Max(box => box[3]));
        CollectionAssert.AreEqual(results["scores"].OrderDescending().ToArray(), results["scores"]);
        Assert.IsGreaterThan(0.1, results["scores"].Min());
    }

    [TestMethod]
    [DynamicData(nameof(Heads))]
    public void AnImageMayHaveNoDetectionsAndABatchNoneAtAll(DetectionHead head)
    {
        float[] images = [.. Image(0, 90, 128), .. Image(1, 96, 101)];
        DetectionRules Above(double score) => new() { LeastScore = score };
        using var all = Graph(Micro(head), Above(0));
        var results = all.Run(images, [2, 3, Height, Width], 90, 128, 96, 101);
        double[] best = [results.Of(0, "scores").Max(), results.Of(1, "scores").Max()];
        using var one = Graph(Micro(head), Above(best.Average()));
        using var none = Graph(Micro(head), Above(1));

        var found = one.Run(images, [2, 3, Height, Width], 90, 128, 96, 101)["images"].Distinct().ToArray();
        var nothing = none.Run(images, [2, 3, Height, Width], 90, 128, 96, 101);

        CollectionAssert.AreEqual((float[])[best[0] > best[1] ? 0 : 1], found);
        foreach (var output in Outputs(head))
            Assert.IsEmpty(nothing[output]);
    }

    [TestMethod]
    [DataRow(DetectionHead.FasterRcnn)]
    [DataRow(DetectionHead.RetinaNet)]
    public void RulesSayHowManyDetectionsThereAre(DetectionHead head)
    {
        using var few = Graph(Micro(head), new DetectionRules { LeastScore = 0, MostDetections = 3 });
        using var ofFew = Graph(Micro(head), new DetectionRules { LeastScore = 0, Proposals = 2, CandidatesPerLevel = 1, Overlap = 1 });

        Assert.HasCount(3, few.Run(Image(0, 96, 128), [1, 3, Height, Width], 96, 128)["scores"]);
        var boxes = head == DetectionHead.RetinaNet ? 5 : 2; // of five levels one each
        Assert.HasCount(
            boxes * Micro(head).NumClasses, ofFew.Run(Image(0, 96, 128), [1, 3, Height, Width], 96, 128)["scores"]);
    }

    [TestMethod]
    [DataRow(nameof(OnnxInputKind.PixelsNchw))]
    [DataRow(nameof(OnnxInputKind.PixelsNhwc))]
    public void PixelsAreNormalizedAndTheirPaddingIsZeroAfterwards(string input)
    {
        var kind = Enum.Parse<OnnxInputKind>(input);
        const int height = 80, width = 100;
        var rules = new DetectionRules { LeastScore = 0.1 };
        var rgb = Formula.Rgb(0, height, width); // [height, width, 3]
        var (normalized, pixels) = (new float[3 * Height * Width], new float[3 * Height * Width]);
        Array.Fill(pixels, 99); // padding of any color
        float[] mean = [0.485f, 0.456f, 0.406f], deviation = [0.229f, 0.224f, 0.225f];
        for (var i = 0; i < rgb.Length; i++)
        {
            var (channel, y, x) = (i % 3, i / 3 / width, i / 3 % width);
            var place = (channel * Height + y) * Width + x;
            normalized[place] = (rgb[i] / 255f - mean[channel]) / deviation[channel];
            pixels[kind == OnnxInputKind.PixelsNchw ? place : (y * Width + x) * 3 + channel] = rgb[i];
        }
        using var plain = Graph(Micro(DetectionHead.MaskRcnn), rules);
        using var ofPixels = Graph(Micro(DetectionHead.MaskRcnn), rules, kind);

        var expected = plain.Run(normalized, [1, 3, Height, Width], height, width);
        var actual = ofPixels.Run(
            pixels, kind == OnnxInputKind.PixelsNchw ? [1, 3, Height, Width] : [1, Height, Width, 3], height, width);

        Assert.IsGreaterThan(10, expected["scores"].Length);
        foreach (var output in _outputs)
            Assert.AreClose(expected[output], actual[output], 1e-3, output);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void MapsAreThoseOfTheClassifyingNetwork(bool isConTNet)
    {
        VisionArchitecture backbone = isConTNet ? SmallConTNet : _backbone;
        var architecture = Micro(DetectionHead.FasterRcnn) with { Backbone = backbone };
        var weights = Weights(architecture);
        var ofNetwork = new FormulaWeights(ExportedGraph.Shapes(backbone)); // with heads
        var (height, width) = (architecture.SizeDivisor, 2 * architecture.SizeDivisor);
        using var classifier = new ExportedGraph(backbone, ofNetwork, new OnnxGraphSettings
        {
            ImageHeight = height,
            ImageWidth = width,
            Options = new OnnxExportOptions { AdditionalOutputs = OnnxOutputs.FeatureMaps },
        });
        var names = backbone.FeatureLevels.ToDictionary(level => level, KnownNetworks.GraphOf(backbone).FeatureMap);
        using var graph = new RunGraph(
            architecture, new DetectionRules(), new Prefixed(ofNetwork, weights), inside: names.Values);
        var image = Formula.Image(0, height, width);

        var results = graph.Run(image, [1, 3, height, width], height, width);

        foreach (var (level, name) in names)
            Assert.AreClose(classifier.Run<float>($"c{level}", image, 1, 3, height, width), results[name], 1e-4, $"c{level}");
    }

    [TestMethod]
    public void SidesAreMultiplesOfPatchesAndWindows()
    {
        int Divisor(VisionArchitecture backbone) => new DetectorArchitecture { Backbone = backbone }.SizeDivisor;

        Assert.AreEqual(32, Divisor(ConformerArchitecture.For(ConformerVariant.Small)));
        Assert.AreEqual(32, Divisor(ConformerArchitecture.For(ConformerVariant.SmallPatch32)));
        Assert.AreEqual(96, Divisor(new ConformerArchitecture { PatchSize = 48 }));
        Assert.AreEqual(224, Divisor(ConTNetArchitecture.For(ConTNetVariant.Medium)));
        Assert.AreEqual(64, Divisor(SmallConTNet));
    }

    [TestMethod]
    public void AllWeightsThatAreMissingAreNamed()
    {
        var architecture = Micro(DetectionHead.MaskRcnn);
        var shapes = architecture.StateDict().ToDictionary(tensor => tensor.Name, tensor => tensor.Shape.ToArray());
        Assert.IsTrue(shapes.Remove("backbone.conv1.weight") && shapes.Remove("roi_head.mask_head.conv_logits.weight"));

        var error = Assert.ThrowsExactly<OnnxExportException>(
            () => new RunGraph(architecture, new DetectionRules(), new FormulaWeights(shapes)));

        StringAssert.Contains(error.Message, "'backbone.conv1.weight' is missing");
        StringAssert.Contains(error.Message, "'roi_head.mask_head.conv_logits.weight' is missing");
    }

    /// <summary>A ConTNet whose windows are of 2 and 4 pixels.</summary>
    private static ConTNetArchitecture SmallConTNet => new()
    {
        StemWidth = 8,
        Stages =
        [
            .. Enumerable.Range(0, 4).Select(index => new ConTNetStage
            {
                MlpWidth = 16,
                NumHeads = 1 << index,
                FirstWindow = 2,
                SecondWindow = index == 3 ? 2 : 4,
            }),
        ],
    };

    private static DetectorArchitecture Micro(DetectionHead head) => new()
    {
        Backbone = _backbone,
        Head = head,
        NumClasses = 4,
        PyramidChannels = 16,
        HiddenWidth = 32,
        FinestScale = 14,
    };

    private static FormulaWeights Weights(DetectorArchitecture architecture) =>
        new(architecture.StateDict().ToDictionary(tensor => tensor.Name, tensor => tensor.Shape.ToArray()));

    private static RunGraph Graph(
        DetectorArchitecture architecture, DetectionRules rules, OnnxInputKind kind = OnnxInputKind.NormalizedNchw) =>
        new(architecture, rules, Weights(architecture), kind);

    private static IEnumerable<string> Outputs(DetectionHead head) => _outputs.Where(
        output => output != "masks" || head is DetectionHead.MaskRcnn or DetectionHead.CascadeMaskRcnn);

    private static float[] Image(int k, int height, int width) =>
        GoldenDetector.Padded(Formula.Image(k, height, width), width, Height, Width);

    /// <summary>A classifying network's weights as those of a backbone, and the others of a detector.</summary>
    private sealed class Prefixed(FormulaWeights network, FormulaWeights others) : IWeightSource
    {
        private const string Prefix = "backbone.";

        public bool Contains(string name) => others.Contains(name);

        public IReadOnlyList<long> Shape(string name) => others.Shape(name);

        public float[] Read(string name) =>
            name.StartsWith(Prefix, StringComparison.Ordinal) ? network.Read(name[Prefix.Length..]) : others.Read(name);
    }
}
