namespace Microsoft.ML.Conformer.Tests.Networks.Conformer;

[TestClass]
public sealed class ConformerArchitectureTests
{
    [TestMethod]
    [DataRow(ConformerVariant.Tiny, 23_524_704L, 5.2)]
    [DataRow(ConformerVariant.Small, 37_673_424L, 10.6)]
    [DataRow(ConformerVariant.SmallPatch32, 38_853_072L, 7.0)]
    [DataRow(ConformerVariant.Base, 83_289_136L, 23.3)]
    public void VariantsHaveThePublishedParametersAndMacs(ConformerVariant variant, long parameters, double gigaMacs)
    {
        var summary = new NetworkSummary(ConformerArchitecture.For(variant), 224, 224);
        Assert.AreEqual(parameters, summary.Parameters);
        Assert.AreEqual(gigaMacs, Math.Round(summary.Macs / 1e9, 1));
    }

    [TestMethod]
    public void EveryFaultIsReportedAtOnce()
    {
        var faults = new ConformerArchitecture { PatchSize = 20, NumHeads = 5, Depth = 4, MlpRatio = 0 }.Faults().ToList();
        CollectionAssert.AreEqual(
            new[] { "PatchSize", "EmbedDim", "Depth", "MlpRatio" }, faults.Select(f => f.Split(' ')[0]).ToArray());
    }

    [TestMethod]
    public void TheSummaryPrintsEveryLayerAndTheTotals()
    {
        var text = new NetworkSummary(ConformerArchitecture.For(ConformerVariant.Tiny), 224, 224).ToString();
        StringAssert.Contains(text, "conv_trans_12.fusion_block.residual_conv");
        StringAssert.Contains(text, "[1, 197, 384]");
        StringAssert.Contains(text, "23,524,704");
    }
}
