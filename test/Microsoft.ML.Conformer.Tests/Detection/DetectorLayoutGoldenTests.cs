using System.Text.Json;
using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Conformer.Detection.Networks;
using Microsoft.ML.Conformer.Detection.Weights;
using Microsoft.ML.Conformer.Tests.Goldens;

namespace Microsoft.ML.Conformer.Tests.Detection;

/// <summary>Names, shapes and numbers of parameters of detectors: the official ones.</summary>
[TestClass]
public sealed class DetectorLayoutGoldenTests
{
    private static IEnumerable<object?[]> Evaluations => GoldenFiles.OfKind("detection-eval").Cases();

    private static IEnumerable<object?[]> FullSizes => GoldenFiles.OfKind("detection-layouts").Cases();

    [TestMethod]
    [DynamicData(nameof(Evaluations))]
    public void ALayoutIsTheNetworksAndTheOfficialOne(string? file)
    {
        var golden = GoldenDetector.Open(file);
        using var network = new DetectionNetwork(golden.Architecture);
        var expected = Tensors(golden.Architecture);
        CollectionAssert.AreEquivalent(
            expected, network.state_dict().Select(entry => $"{entry.Key} [{string.Join(",", entry.Value.shape)}]").ToList());

        var layout = GoldenFiles.PathOf(file).Replace("eval_", "", StringComparison.Ordinal)
            .Replace(".json", ".layout.json", StringComparison.Ordinal);
        if (!File.Exists(layout))
            return; // not all detectors have one
        using var official = JsonDocument.Parse(File.ReadAllBytes(layout));
        CollectionAssert.AreEquivalent(Tensors(official.RootElement), expected);
    }

    [TestMethod]
    [DynamicData(nameof(FullSizes))]
    public void DetectorsOfFullSizeHaveTheOfficialTensorsAndParameters(string? file)
    {
        var json = GoldenFiles.Read(file);
        var backbone = Tensors(json.GetProperty("backbone"));
        foreach (var detector in json.GetProperty("detectors").EnumerateObject())
        {
            var architecture = new DetectorArchitecture
            {
                Backbone = ConformerArchitecture.For(ConformerVariant.SmallPatch32),
                Head = detector.Name.Split("_conformer")[0] switch
                {
                    "faster_rcnn" => DetectionHead.FasterRcnn,
                    "mask_rcnn" => DetectionHead.MaskRcnn,
                    "retinanet" => DetectionHead.RetinaNet,
                    _ => DetectionHead.CascadeMaskRcnn,
                },
            };
            var layers = architecture.Layers(224, 224).ToList();
            Assert.AreEqual(detector.Value.GetProperty("parameters").GetInt64(), layers.Sum(layer => layer.Parameters), detector.Name);
            CollectionAssert.AreEquivalent(
                backbone.Concat(Tensors(detector.Value.GetProperty("head_entries"))).ToList(), Tensors(architecture), detector.Name);
            Assert.AreEqual(architecture, DetectorShape.Of(detector.Name, DetectorPhoto.Weights(architecture)));
        }
    }

    /// <summary>Table 3 of the paper, in billions.</summary>
    [TestMethod]
    [DataRow(ConformerVariant.SmallPatch32, DetectionHead.FasterRcnn, 1344, 55.4, 288.4)]
    [DataRow(ConformerVariant.Small, DetectionHead.FasterRcnn, 1120, 54.2, 404.6)]
    [DataRow(ConformerVariant.SmallPatch32, DetectionHead.MaskRcnn, 1344, 58.1, 341.4)]
    [DataRow(ConformerVariant.Small, DetectionHead.MaskRcnn, 1120, 56.9, 457.7)]
    public void ParametersAndOperationsAreThePapers(
        ConformerVariant backbone, DetectionHead head, int width, double millions, double billions)
    {
        var architecture = new DetectorArchitecture { Backbone = ConformerArchitecture.For(backbone), Head = head };
        var summary = architecture.Describe(800, width);
        Assert.AreEqual(millions, Math.Round(summary.Parameters / 1e6, 1));
        Assert.AreEqual(billions, Math.Round(DetectorLayout.Operations(summary.Layers) / 1e9, 1));
    }

    private static List<string> Tensors(DetectorArchitecture architecture) =>
        [.. architecture.StateDict().Select(tensor => $"{tensor.Name} [{string.Join(",", tensor.Shape)}]")];

    private static List<string> Tensors(JsonElement list) =>
        [.. list.EnumerateArray().Select(entry => $"{entry[0]} [{string.Join(",", entry[1].EnumerateArray())}]")];
}
