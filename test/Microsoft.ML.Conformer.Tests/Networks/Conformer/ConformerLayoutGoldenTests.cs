using System.Text.Json;
using Microsoft.ML.Conformer.Tests.Goldens;
using Microsoft.ML.Conformer.Weights.Torch;

namespace Microsoft.ML.Conformer.Tests.Networks.Conformer;

[TestClass]
public sealed class ConformerLayoutGoldenTests
{
    [TestMethod]
    public void StateDictsEqualTheReferencesInOrder()
    {
        foreach (var golden in EvalGolden.All())
            if (golden.StateDict is { } expected)
                CollectionAssert.AreEqual(
                    expected.Select(e => $"{e.Name} [{string.Join(",", e.Shape)}]").ToList(),
                    golden.Architecture.StateDict().Select(t => $"{t.Name} [{string.Join(",", t.Shape)}]").ToList(),
                    golden.ToString());
    }

    [TestMethod]
    public void LayoutFilesHaveTheSameNamesShapesTypesAndOrder()
    {
        var found = GoldenFiles.Named("*.layout.json").Where(path => ArchitectureOf(GoldenFiles.Read(path)) is not null).ToList();
        foreach (var path in ((IReadOnlyList<string>)found).OrInconclusive())
        {
            var layout = GoldenFiles.Read(path);
            var architecture = ArchitectureOf(layout)!;
            CollectionAssert.AreEqual(
                layout.GetProperty("state_dict").EnumerateArray()
                    .Select(e => $"{e[0]} [{string.Join(",", e[1].EnumerateArray())}] {e[2]}").ToList(),
                architecture.StateDict()
                    .Select(t => $"{t.Name} [{string.Join(",", t.Shape)}] {(t.IsBatchCounter ? "int64" : "float32")}").ToList(),
                path);
            Assert.AreEqual(layout.GetProperty("param_count").GetInt64(), new NetworkSummary(architecture, 224, 224).Parameters, path);
        }
    }

    [TestMethod]
    public void ParametersAndMacsEqualTheReferences()
    {
        foreach (var golden in EvalGolden.All())
        {
            foreach (var (height, width, conv, linear, attention) in golden.Macs)
            {
                var summary = new NetworkSummary(golden.Architecture, height, width);
                if (golden.ParameterCount is { } count)
                    Assert.AreEqual(count, summary.Parameters, golden.ToString());
                long Of(string kind) => summary.Layers.Where(l => l.Kind == kind).Sum(l => l.Macs);
                Assert.AreEqual(conv, Of("Conv2d"), $"{golden}: convolutions at {height} x {width}");
                Assert.AreEqual(linear, Of("Linear"), $"{golden}: linear layers at {height} x {width}");
                Assert.AreEqual(attention, Of("Attention"), $"{golden}: attention at {height} x {width}");
            }
        }
    }

    /// <summary>
    /// A layout names its variant only; its constructor stands in the evaluation golden of that variant, or the variant is a published
    /// one. Null where it is another network's.
    /// </summary>
    private static ConformerArchitecture? ArchitectureOf(JsonElement layout)
    {
        if (layout.ValueKind != JsonValueKind.Object || layout.GetProperty("variant").GetString() is not { } variant)
            return null; // a mere list of tensors is another network's
        foreach (var golden in GoldenFiles.OfKind("conformer-eval").Select(GoldenFiles.Read))
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
