using Microsoft.ML.Conformer.Detection.Boxes;
using Microsoft.ML.Conformer.Detection.Networks;
using Microsoft.ML.Conformer.Detection.Regions;
using Microsoft.ML.Conformer.Detection.Weights;
using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Tests.Goldens;
using Microsoft.ML.Conformer.Weights;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Tests.Detection;

/// <summary>mmdetection's checkpoint files give the detectors that their evaluation files are of.</summary>
[TestClass]
public sealed class DetectorCheckpointTests
{
    private static IEnumerable<object?[]> Manifests => GoldenFiles.OfKind("detection-checkpoints").Cases();

    [TestMethod]
    [DynamicData(nameof(Manifests))]
    public void APublishedCheckpointLoadsByName(string? manifest)
    {
        var folder = Path.GetDirectoryName(GoldenFiles.PathOf(manifest))!;
        foreach (var entry in GoldenFiles.Read(manifest).GetProperty("files").EnumerateObject())
        {
            using var scope = NewDisposeScope();
            var expectation = Path.Combine(folder, "..", entry.Value.GetProperty("expect").GetString()!);
            var golden = GoldenDetector.Open(Path.GetRelativePath(GoldenFiles.Folder, expectation));
            using var network = new DetectionNetwork(golden.Architecture, seed: 9);
            using var file = CheckpointFile.Open(Path.Combine(folder, entry.Name));
            var plan = BackboneWeights.Match(golden.Architecture, file, isWhole: true);
            Assert.IsEmpty(plan.LeftAtInitialValues, entry.Name);
            new NetworkWeights(network).CopyFrom(plan);

            network.eval();
            foreach (var @case in golden.Cases)
            {
                var images = tensor(@case.Pixels).view(1, 3, @case.PaddedHeight, @case.PaddedWidth);
                var found = new Detector(network, golden.Rules).Detect(images, [new ImageSize(@case.Height, @case.Width)])[0].Found;
                var expected = @case.Json.GetProperty("detections");
                TensorStatistics.AssertClose(
                    [.. expected.GetProperty("scores").Numbers()], [.. found.Select(one => one.Score)], 2e-5, $"{entry.Name}: scores");
                TensorStatistics.AssertClose(
                    [.. expected.GetProperty("boxes").Numbers()],
                    [.. found.SelectMany(one => (float[])[one.Box.X0, one.Box.Y0, one.Box.X1, one.Box.Y1])], 1e-3, $"{entry.Name}: boxes");
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(Manifests))]
    public void AnotherNumberOfClassesLeavesWhatTellsThemApart(string? manifest)
    {
        var folder = Path.GetDirectoryName(GoldenFiles.PathOf(manifest))!;
        foreach (var entry in GoldenFiles.Read(manifest).GetProperty("files").EnumerateObject())
        {
            var expectation = Path.Combine(folder, "..", entry.Value.GetProperty("expect").GetString()!);
            var golden = GoldenDetector.Open(Path.GetRelativePath(GoldenFiles.Folder, expectation));
            using var file = CheckpointFile.Open(Path.Combine(folder, entry.Name));
            var plan = BackboneWeights.Match(golden.Architecture with { NumClasses = golden.Architecture.NumClasses + 2 }, file);
            Assert.IsNotEmpty(plan.LeftAtInitialValues);
            Assert.IsTrue(plan.LeftAtInitialValues.All(name =>
                name.Contains("fc_", StringComparison.Ordinal) || name.Contains("conv_logits", StringComparison.Ordinal) ||
                name.Contains("retina_cls", StringComparison.Ordinal)), string.Join(", ", plan.LeftAtInitialValues));
            Assert.ThrowsExactly<WeightMismatchException>(
                () => BackboneWeights.Match(golden.Architecture with { PyramidChannels = 8 }, file));
        }
    }
}
