using Microsoft.ML.Conformer.Tests.Goldens;

namespace Microsoft.ML.Conformer.Tests.Detection;

/// <summary>What the golden files tell of their detectors fits the library's architecture.</summary>
[TestClass]
public sealed class GoldenDetectorTests
{
    private static IEnumerable<object?[]> Files =>
        ((string[])["detection-eval", "detection-train"]).SelectMany(GoldenFiles.OfKind).Cases();

    [TestMethod]
    [DynamicData(nameof(Files))]
    public void AConfigurationGivesAnArchitectureOfAsManyParameters(string? file)
    {
        var golden = GoldenDetector.Open(file);

        CollectionAssert.AreEqual(Array.Empty<string>(), golden.Architecture.Faults().Concat(golden.Rules.Faults()).ToArray());
        Assert.AreEqual(
            golden.Json.GetProperty("param_count").GetInt64(), golden.Architecture.Layers(128, 128).Sum(layer => layer.Parameters));
    }
}
