using System.Text.Json;
using Microsoft.ML.Conformer.Models;
using Microsoft.ML.Conformer.Networks.ConTNet;

namespace Microsoft.ML.Conformer.Tests.Networks.ConTNet;

[TestClass]
public sealed class ConTNetArchitectureTests
{
    [TestMethod]
    [DataRow(ConTNetVariant.Tiny, 5_888_992L, 1.0)]
    [DataRow(ConTNetVariant.Small, 10_103_400L, 1.7)]
    [DataRow(ConTNetVariant.Medium, 19_536_936L, 3.4)]
    [DataRow(ConTNetVariant.Base, 36_043_112L, 7.0)]
    public void VariantsHaveTheParametersAndMacsOfThePublishedCode(ConTNetVariant variant, long parameters, double gigaMacs)
    {
        var summary = new NetworkSummary(ConTNetArchitecture.For(variant), 224, 224);
        Assert.AreEqual(parameters, summary.Parameters);
        Assert.AreEqual(gigaMacs, Math.Round(summary.Macs / 1e9, 1));
    }

    [TestMethod]
    [DataRow(224, "7 14, 7 14, 7 14, 7 7")]
    [DataRow(448, "7 14, 7 14, 7 14, 7 7", DisplayName = "of a multiple the windows stay")]
    [DataRow(112, "7 14, 7 14, 7 7, 4 4")]
    [DataRow(256, "4 8, 4 8, 4 8, 4 4")]
    [DataRow(192, "6 12, 6 12, 6 12, 6 6")]
    public void AVariantHasTheLargestWindowsThatDivideItsMaps(int imageSize, string windows)
    {
        var architecture = ConTNetArchitecture.For(ConTNetVariant.Tiny, 3, imageSize);

        Assert.AreEqual(windows, string.Join(", ", architecture.Stages.Select(stage => $"{stage.FirstWindow} {stage.SecondWindow}")));
        Assert.AreEqual(0, architecture.ImageSizeFaults(imageSize, imageSize).Count());
        Assert.AreEqual(imageSize % 224 == 0, architecture == ConTNetArchitecture.For(ConTNetVariant.Tiny, 3));
    }

    [TestMethod]
    public void MultiplesOf32From64To320HaveWindows()
    {
        for (var imageSize = 64; imageSize <= 320; imageSize += 32)
            Assert.IsNull(ConTNetArchitecture.For(ConTNetVariant.Tiny, 3, imageSize).SizeFault(imageSize, imageSize), $"{imageSize}");
    }

    [TestMethod]
    [DataRow(32)]
    [DataRow(100)]
    [DataRow(352)]
    public void WhereAStageHasNoWindowsTheErrorIsThePublishedOnes(int imageSize) => StringAssert.Contains(
        ConTNetArchitecture.For(ConTNetVariant.Tiny, 3, imageSize).ImageSizeFaults(imageSize, imageSize).Single(),
        $"no multiple of its windows, 7 and 14. Sides that fit: {(imageSize < 224 ? "224." : "224, 448.")}");

    [TestMethod]
    [DataRow(200, 224, "200 x 224 pixels; a side of 50 in stage 1 is no multiple of its windows, 7 and 14. Sides that fit: 224.")]
    [DataRow(448, 500, "a side of 125 in stage 1 is no multiple of its windows, 7 and 14. Sides that fit: 448, 672.")]
    [DataRow(112, 112, "a side of 7 in stage 3 is no multiple of its windows, 7 and 14")]
    public void AnImageThatWindowsDoNotDivideIsAFaultThatNamesSizesThatFit(int height, int width, string expected) => StringAssert.Contains(
        new ConTNetArchitecture().ImageSizeFaults(height, width).Single(), expected);

    [TestMethod]
    public void LayersOfASizeThatTheNetworkDoesNotTakeAreNotCounted() => StringAssert.Contains(
        Assert.ThrowsExactly<ArgumentException>(() => new NetworkSummary(new ConTNetArchitecture(), 224, 200)).Message,
        "224 x 200 pixels; a side of 50");

    [TestMethod]
    public void AnOddMapCannotBeAveragedInPairs()
    {
        var architecture = ConTNetArchitecture.For(ConTNetVariant.Tiny, 3, 112) with { AverageDown = true };

        StringAssert.Contains(
            architecture.ImageSizeFaults(112, 112).Single(), "a side of 7 in stage 3 is odd, and AverageDown averages two pixels");
    }

    [TestMethod]
    public void EveryFaultIsReportedAtOnce()
    {
        var architecture = new ConTNetArchitecture
        {
            StemWidth = 3,
            LastDropRate = double.NaN,
            Stages =
            [
                new() { MlpWidth = 0, NumHeads = 2, Blocks = 0 }, new() { MlpWidth = 8, NumHeads = 1, FirstWindow = 65, DropRate = 1 },
            ],
        };

        CollectionAssert.AreEqual(
            new[]
            {
                "StemWidth", "LastDropRate", "Stages[0].Blocks", "Stages[0].MlpWidth", "Stages[0].NumHeads", "Stages[1].FirstWindow",
                "Stages[1].DropRate",
            },
            architecture.Faults().Select(fault => fault.Split(' ')[0]).ToArray());
    }

    [TestMethod]
    [DataRow("\"stages\":null", "Stages has 0 stages")]
    [DataRow("\"stages\":[]", "Stages has 0 stages")]
    [DataRow("\"stages\":[null]", "none of them null")]
    [DataRow("\"stages\":[{\"mlpWidth\":2147483647,\"numHeads\":1}]", "Stages[0].MlpWidth is 2147483647")]
    [DataRow("\"stemWidth\":2147483646", "more than 65536")]
    [DataRow(
        "\"stages\":[{\"mlpWidth\":1,\"numHeads\":1,\"blocks\":1000},{\"mlpWidth\":1,\"numHeads\":1,\"blocks\":1000}]", "1023 blocks in all")]
    public void AFilesArchitectureOfNonsenseIsAFault(string json, string expected)
    {
        var options = new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

        var architecture = KnownNetworks.FromJson($"{{\"kind\":\"contnet\",{json}}}", options)!;

        StringAssert.Contains(string.Join(" ", architecture.Faults()), expected);
    }

    [TestMethod]
    public void ItsJsonGivesItBack()
    {
        var options = new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };
        var architecture = ConTNetArchitecture.For(ConTNetVariant.Base, 7, 112) with { RelativePositions = true };

        var again = KnownNetworks.FromJson(KnownNetworks.ToJson(architecture, options), options);

        Assert.AreEqual(architecture, again);
        Assert.AreEqual(architecture.GetHashCode(), again!.GetHashCode());
        Assert.AreNotEqual(architecture, architecture with { Stages = [.. architecture.Stages.Skip(1)] });
    }

    [TestMethod]
    public void LayersGoFromTheStemToTheHead()
    {
        var architecture = ConTNetArchitecture.For(ConTNetVariant.Medium);
        int[] layers = [.. ((string[])["layer0.conv.conv.weight", "layer1.ConTBlock1.ste2.pe.0", "layer4.ConTBlock1.bn.weight", "fc.bias"])
            .Select(architecture.LayerOf)];

        CollectionAssert.AreEqual((int[])[0, 2, 8, 9], layers);
        Assert.AreEqual(10, architecture.LayerCount);
        Assert.IsFalse(architecture.IsDecayed("layer1.ConTBlock1.ste2.pe.0", 4));
        Assert.IsFalse(architecture.IsDecayed($"layer1.ConTBlock1.ste2.attn{ConTNetLayout.BiasTable}", 2));
        Assert.IsTrue(architecture.IsDecayed("layer1.ConTBlock1.ste2.attn.qkv.weight", 2));
    }
}
