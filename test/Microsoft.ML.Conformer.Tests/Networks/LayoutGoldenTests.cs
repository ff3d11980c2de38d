using System.Text.Json;
using Microsoft.ML.Conformer.Tests.Goldens;
using Microsoft.ML.Conformer.Weights.Torch;

namespace Microsoft.ML.Conformer.Tests.Networks;

[TestClass]
public sealed class LayoutGoldenTests
{
    /// <summary>The layouts of the networks' variants.</summary>
    public static IEnumerable<object?[]> Layouts =>
        GoldenFiles.Named("*.layout.json").Where(file => ArchitectureOf(GoldenFiles.Read(file)) is not null).Cases();

    [TestMethod]
    [DynamicData(nameof(EvalGolden.WithStateDict), typeof(EvalGolden))]
    public void StateDictsEqualTheReferencesInOrder(string? file)
    {
        var golden = EvalGolden.Open(file);
        CollectionAssert.AreEqual(
            golden.StateDict!.Select(e => $"{e.Name} [{string.Join(",", e.Shape)}]").ToList(),
            golden.Architecture.StateDict().Select(t => $"{t.Name} [{string.Join(",", t.Shape)}]").ToList());
    }

    [TestMethod]
    [DynamicData(nameof(Layouts))]
    public void LayoutFilesHaveTheSameNamesShapesTypesAndOrder(string? file)
    {
        var layout = GoldenFiles.Read(file);
        var architecture = ArchitectureOf(layout)!;
        CollectionAssert.AreEqual(
            layout.GetProperty("state_dict").EnumerateArray()
                .Select(e => $"{e[0]} [{string.Join(",", e[1].EnumerateArray())}] {e[2]}").ToList(),
            architecture.StateDict()
                .Select(t => $"{t.Name} [{string.Join(",", t.Shape)}] {(t.IsInteger ? "int64" : "float32")}").ToList());
        Assert.AreEqual(layout.GetProperty("param_count").GetInt64(), new NetworkSummary(architecture, 224, 224).Parameters);
    }

    [TestMethod]
    [DynamicData(nameof(EvalGolden.WithMacs), typeof(EvalGolden))]
    public void ParametersAndMacsEqualTheReferences(string? file)
    {
        var golden = EvalGolden.Open(file);
        foreach (var (height, width, conv, linear, attention) in golden.Macs)
        {
            var summary = new NetworkSummary(golden.Architecture, height, width);
            if (golden.ParameterCount is { } count)
                Assert.AreEqual(count, summary.Parameters);
            long Of(string kind) => summary.Layers.Where(l => l.Kind == kind).Sum(l => l.Macs);
            Assert.AreEqual(conv, Of("Conv2d"), $"convolutions at {height} x {width}");
            Assert.AreEqual(linear, Of("Linear"), $"linear layers at {height} x {width}");
            Assert.AreEqual(attention, Of("Attention"), $"attention at {height} x {width}");
        }
    }

    /// <summary>
    /// A layout names its variant only; its constructor stands in the evaluation golden of that variant, or the variant is a published
    /// one. Null where it is another network's.
    /// </summary>
    private static VisionArchitecture? ArchitectureOf(JsonElement layout)
    {
        if (layout.ValueKind != JsonValueKind.Object || layout.GetProperty("variant").GetString() is not { } variant)
            return null; // a mere list of tensors is another network's
        foreach (var golden in GoldenFiles.OfKind("conformer-eval").Concat(GoldenFiles.OfKind("contnet-eval")).Select(GoldenFiles.Read))
            if (golden.TryGetProperty("variant", out var name) && name.GetString() == variant)
                return GoldenArchitecture.Read(golden.GetProperty("constructor"));
        return variant switch
        {
            "Conformer_tiny_patch16" => ConformerArchitecture.For(ConformerVariant.Tiny),
            "Conformer_small_patch16" => ConformerArchitecture.For(ConformerVariant.Small),
            "Conformer_small_patch32" => ConformerArchitecture.For(ConformerVariant.SmallPatch32),
            "Conformer_base_patch16" => ConformerArchitecture.For(ConformerVariant.Base),
            _ => null,
        };
    }
}
