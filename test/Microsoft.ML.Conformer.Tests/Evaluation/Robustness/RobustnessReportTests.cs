using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.ML.Conformer.Tests.Evaluation.Charts;

namespace Microsoft.ML.Conformer.Tests.Evaluation.Robustness;

/// <summary>The figures as text, JSON, a page and pictures.</summary>
[TestClass]
public sealed partial class RobustnessReportTests
{
    private static readonly ImageRobustness _robustness = new(["sum", "conv", "tran"], 1234, [], 0, [
        new("Rotation", "degrees", [new(-60.5, [0.25, 0.5, 0.125], 0.75), new(0, [0.875, 0.75, 0.625], 0.9375)]),
        new("ImageSize", "pixels", [new(112, [0.5, 0.4375, 0.3125], 0.6875), new(1024, [1, 0.8125, 0.5625], 0.96875)])]);

    private readonly TemporaryFolder _folder = new();

    [TestCleanup]
    public void DeleteFolder() => _folder.Dispose();

    [TestMethod]
    public void TheSummaryHasAllFiguresInAtMost80Columns()
    {
        var lines = _robustness.Summary.Split(Environment.NewLine);

        Assert.AreEqual(_robustness.Summary, $"{_robustness}");
        Assert.AreEqual("1,234 images, distorted", lines[0]);
        Assert.IsTrue(lines.All(line => line.Length <= 80 && line == line.TrimEnd()));
        foreach (var row in Rows())
            CollectionAssert.Contains(lines.Select(line => Spaces().Replace(line.Trim(), " ")).ToList(), string.Join(' ', row));
        foreach (var line in (string[])["Rotation (degrees)", "ImageSize (pixels)"])
            CollectionAssert.Contains(lines, line);
    }

    [TestMethod]
    public void ThePageIsSoundRunsNoScriptAndHasAllFiguresAndAChartOfEachCurve()
    {
        _robustness.SaveHtml(_folder.File("robustness.html"));
        var text = File.ReadAllText(_folder.File("robustness.html"));
        // HTML whose elements are all closed, but for those that have no content, is XML.
        var page = XElement.Parse(VoidElement().Replace(text, "<$1/>").Replace("<!DOCTYPE html>", "", StringComparison.Ordinal));

        Assert.IsFalse(text.Contains("<script", StringComparison.OrdinalIgnoreCase));
        StringAssert.Contains(text, "default-src 'none'");
        CollectionAssert.AreEqual(
            (string[])["Rotation", "ImageSize"],
            page.Descendants("figure").Where(figure => figure.Descendants().Any(element => element.Name.LocalName == "polyline"))
                .Select(figure => figure.Element("figcaption")!.Value).ToArray());
        var rows = page.Descendants("tr").Select(row => string.Join(' ', row.Elements().Select(cell => cell.Value))).ToList();
        foreach (var row in Rows())
            CollectionAssert.Contains(rows, string.Join(' ', row));
        StringAssert.Contains(page.Value, "1,234 images");
    }

    [TestMethod]
    public void ACurvesPictureHasALineOfEachBranchAndOneOfTheConfidence()
    {
        _robustness.SaveSvg(_folder.File("rotation.svg"), "Rotation");
        var chart = new DrawnChart(File.ReadAllText(_folder.File("rotation.svg")));

        CollectionAssert.AreEqual((string[])["sum", "conv", "tran", "mean confidence"], chart.Titles.ToArray());
        Assert.IsTrue(chart.Lines.All(line => line.Length == 2));
        CollectionAssert.Contains(chart.Texts.ToList(), "Rotation (degrees)");
        var error = Assert.ThrowsExactly<ArgumentException>(() => _robustness.SaveSvg(_folder.File("none.svg"), "Bl\eur"));
        StringAssert.Contains(error.Message, "only Rotation, ImageSize");
        Assert.IsFalse(error.Message.Contains('\e'));
        Assert.IsFalse(File.Exists(_folder.File("none.svg")));
    }

    [TestMethod]
    public void ItSerializesToJson()
    {
        _robustness.SaveJson(_folder.File("robustness.json"));

        using var plain = JsonDocument.Parse(JsonSerializer.Serialize(_robustness));
        using var saved = JsonDocument.Parse(File.ReadAllText(_folder.File("robustness.json")));

        Assert.AreEqual(1234, saved.RootElement.GetProperty("imageCount").GetInt32());
        Assert.IsFalse(saved.RootElement.TryGetProperty("summary", out var _));
        foreach (var (curve, index) in _robustness.Curves.Select((curve, index) => (curve, index)))
        {
            var written = plain.RootElement.GetProperty("Curves")[index].Deserialize<RobustnessCurve>()!;
            Assert.AreEqual((curve.Name, curve.Unit), (written.Name, written.Unit));
            foreach (var (point, other) in curve.Points.Zip(written.Points, (point, other) => (point, other)))
            {
                Assert.AreEqual((point.Value, point.MeanConfidence), (other.Value, other.MeanConfidence));
                CollectionAssert.AreEqual(point.Accuracies.ToArray(), other.Accuracies.ToArray());
            }
        }
        var last = saved.RootElement.GetProperty("curves")[1].GetProperty("points")[1];
        Assert.AreEqual((1024, 0.96875), (last.GetProperty("value").GetDouble(), last.GetProperty("meanConfidence").GetDouble()));
    }

    /// <summary>Value, accuracies and confidence of each point as text.</summary>
    private static IEnumerable<string[]> Rows() => _robustness.Curves.SelectMany(curve => curve.Points).Select(point => (string[])[
        point.Value.ToString(CultureInfo.InvariantCulture),
        .. point.Accuracies.Append(point.MeanConfidence).Select(value => value.ToString("0.000", CultureInfo.InvariantCulture))]);

    [GeneratedRegex(" +")]
    private static partial Regex Spaces();

    [GeneratedRegex("<((?:meta|img|br|link)[^>]*)>")]
    private static partial Regex VoidElement();
}
