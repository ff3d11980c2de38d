using System.Text.Json;
using System.Text.RegularExpressions;
using Conformer.Cli.Sweeping;
using Conformer.Cli.Sweeping.Report;
using Microsoft.ML.AutoML;

namespace Microsoft.ML.Conformer.AutoML.Tests;

[TestClass]
public sealed partial class TrialsPageTests
{
    private static readonly string _page = TrialsPage.Format(
        SweptTrials.Three, Space(), MulticlassClassificationMetric.MicroAccuracy, BestTrial.Of(SweptTrials.Three[0]));

    [TestMethod]
    public void HoldsTheChartLibraryAndLoadsNothing()
    {
        StringAssert.Contains(_page, "Licensed to the Apache Software Foundation");
        var withoutLibrary = Scripts().Replace(_page, match => match.Length > 100_000 ? "" : match.Value);
        Assert.IsTrue(withoutLibrary.Length < 20_000);
        foreach (var reference in new[] { "http://", "https://", "//cdn", "src=", "href=", "{{" })
            Assert.IsFalse(withoutLibrary.Contains(reference, StringComparison.Ordinal), reference);
    }

    [TestMethod]
    public void ItsDataAreTheTrials()
    {
        var script = Scripts().Matches(_page).Single(match => match.Groups[1].Value.Contains("json", StringComparison.Ordinal));
        var data = JsonDocument.Parse(script.Groups[2].Value).RootElement;
        Assert.AreEqual("micro-accuracy", data.GetProperty("metric").GetString());
        var axes = data.GetProperty("axes").EnumerateArray().Select(axis => $"{axis.GetProperty("name")}:{axis.GetProperty("type")}");
        CollectionAssert.AreEqual(new[] { "batch-size:category", "learning-rate:log", "variant:category" }, axes.ToList());
        var trials = data.GetProperty("trials").EnumerateArray().ToList();
        Assert.AreEqual("[32,0.0005,\"tiny\"]", trials[0].GetProperty("values").GetRawText());
        Assert.AreEqual("Pruned", trials[1].GetProperty("outcome").GetString());
        Assert.AreEqual("a \"quoted\", </script> error", trials[2].GetProperty("error").GetString());
    }

    private static SearchSpace.SearchSpace<ConformerSweepOptions> Space()
    {
        var space = ConformerSweepOptions.StartingFrom(new ConformerTrainer.Options());
        foreach (var member in space.Keys.Except(["BatchSize", "LearningRate", "Variant"]).ToList())
            space.Remove(member);
        return space;
    }

    [GeneratedRegex("<script([^>]*)>(.*?)</script>", RegexOptions.Singleline)]
    private static partial Regex Scripts();
}
