using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.ML.Conformer.Tests.Data.Checking;
using Microsoft.ML.Conformer.Tests.Evaluation.Charts;
using Microsoft.ML.Conformer.Tests.Scoring;
using SkiaSharp;

namespace Microsoft.ML.Conformer.Tests.Evaluation;

[TestClass]
public sealed partial class EvaluationPageTests
{
    private const string Hostile = "<img src=x onerror=1>\"'&\e[2J<script>alert(1)</script>";

    private static readonly XNamespace _svg = "http://www.w3.org/2000/svg";

    private readonly PhotoFolder _folder = new();

    [TestCleanup]
    public void DeleteFolder() => _folder.Dispose();

    [TestMethod]
    public void ThePageIsSoundLoadsNothingAndShowsHostileNamesAsTheyAre()
    {
        var path = $"/photos/{Hostile}.png";

        var (text, page) = Save(MadeUpEvaluation.Of([Hostile, "b", Hostile + "c"], 60, unknown: 3, pathOf: _ => path, skipped: 2));

        Assert.IsFalse(text.Contains("<script", StringComparison.OrdinalIgnoreCase));
        Assert.IsFalse(text.Contains("<img", StringComparison.Ordinal), "no file is there to be shown");
        Assert.IsFalse(text.Any(c => char.IsControl(c) && c is not ('\n' or '\r')));
        StringAssert.Contains(text, "default-src 'none'; img-src data:; style-src 'unsafe-inline'");
        var attributes = page.Descendants().Attributes().ToList();
        Assert.IsFalse(attributes.Any(attribute => attribute.Name.LocalName.StartsWith("on", StringComparison.Ordinal)));
        Assert.IsTrue(attributes.Where(attribute => attribute.Name == "href").All(attribute => attribute.Value.StartsWith('#')));
        StringAssert.Contains(page.Value, Hostile.Replace("\e", @"\u001B", StringComparison.Ordinal));
        Assert.IsTrue(attributes.Any(attribute => attribute.Value.Contains("/photos/<img src=x onerror=1>", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void EachFigureIsOnThePage()
    {
        var evaluation = MadeUpEvaluation.Of(["rose", "tulip", "daisy"], 120, unknown: 4, skipped: 2, unlabeled: 1);
        var (_, page) = Save(evaluation);

        StringAssert.Contains(page.Value, "120 images of 3 classes, 4 of none of them; 2 could not be used, 1 row has no label.");
        var tables = page.Descendants("table").Select(Cells).ToList();
        var branches = tables[0].ToDictionary(row => row[0]);
        CollectionAssert.AreEqual((string[])["", "sum", "conv", "tran"], branches[""]);
        foreach (var (index, branch) in evaluation.Branches.Index())
        {
            var (metrics, intervals) = (branch.Metrics, branch.Intervals);
            AssertFigure("accuracy", metrics.Accuracy, intervals.Accuracy);
            AssertFigure("top-2 accuracy", metrics.TopKAccuracies[1], intervals.TopKAccuracies[1]);
            AssertFigure("macro F1", metrics.MacroOfPresentClasses.F1, intervals.MacroF1);
            AssertFigure("balanced accuracy", metrics.BalancedAccuracy, intervals.BalancedAccuracy);
            AssertFigure("Cohen's kappa", metrics.CohenKappa!.Value, null);
            AssertFigure("log loss (nats)", metrics.LogLoss, intervals.LogLoss);
            AssertFigure("Brier score", metrics.BrierScore, intervals.BrierScore);
            AssertFigure("calibration error", metrics.ExpectedCalibrationError, intervals.ExpectedCalibrationError);
            AssertFigure("ROC AUC, macro", metrics.RocAucMacro!.Value, null);

            void AssertFigure(string name, double value, MetricInterval? interval) => Assert.AreEqual(
                $"{Text(value)}\u00A0" + (interval is null ? "" : $"[{Text(interval.Low)} {Text(interval.High)}]"),
                branches[name][1 + index]);
        }
        foreach (var (label, row) in tables[2].Skip(1).Index())
            CollectionAssert.AreEqual(
                (string[])[evaluation.ClassNames[label],
                    .. evaluation.Metrics.ConfusionMatrix[label].Select(count => count == 0 ? "" : $"{count}"),
                    $"{evaluation.Metrics.Classes[label].Support}"],
                row);
        var classes = evaluation.Metrics.Classes.OrderBy(one => one.F1).Select(one => (string[])[
            one.Name, $"{one.Support}", $"{one.Predicted}", Text(one.Precision), Text(one.Recall), Text(one.F1), Text(one.RocAuc!.Value)]);
        foreach (var (expected, row) in classes.Zip(tables[3].Skip(1)))
            CollectionAssert.AreEqual(expected, row);
    }

    [TestMethod]
    public void TheDiagramsAreThoseOfTheMetricsBeforeAndAfterTheTemperatureAndOfTheRejection()
    {
        var evaluation = MadeUpEvaluation.Of(["rose", "tulip", "daisy"], 120, unknown: 4);
        var (_, page) = Save(evaluation);

        var charts = page.Descendants(_svg + "svg").Where(svg => svg.Parent!.Name.Namespace != _svg)
            .Select(svg => new DrawnChart(svg.ToString())).ToList();

        Assert.HasCount(3, charts);
        var after = evaluation.MetricsAt(evaluation.Calibration.Temperature!.Value);
        foreach (var (chart, metrics) in charts.Zip((ImageClassificationMetrics[])[evaluation.Metrics, after]))
            foreach (var (bin, boxes) in metrics.ReliabilityBins.Zip(chart.Boxes.Chunk(2), (bin, boxes) => (bin, boxes)))
                Assert.AreEqual(bin.Accuracy, boxes[0].High, 1e-3);
        var points = evaluation.Rejection.Points;
        foreach (var (line, share) in charts[2].Lines.Zip(
            (Func<RejectionPoint, double>[])[point => point.Coverage, point => point.Accuracy, point => point.UnknownRejected!.Value]))
            foreach (var (drawn, point) in line.Zip(points))
            {
                Assert.AreEqual(point.Threshold, drawn.X, 1e-3);
                Assert.AreEqual(share(point), drawn.Y, 1e-3);
            }
        Assert.HasCount(3, charts[2].Lines);
    }

    [TestMethod]
    public void ImagesAreInTheirSectionsAndOneThatIsGoneHasNoPreview()
    {
        for (var image = 0; image < 60; image += 2)
            _folder.Write($"photos/{image}.png", PhotoFolder.Png(PhotoFolder.Photo(image, 60, 40)));
        var evaluation = MadeUpEvaluation.Of(["rose", "tulip", "daisy"], 60, pathOf: image => _folder.File($"photos/{image}.png"));

        var (_, page) = Save(evaluation);

        foreach (var (section, images) in (Dictionary<string, IEnumerable<string?>>)new()
        {
            ["Likely mislabeled"] = evaluation.LikelyMislabeled.Select(image => image.Path),
            ["Most certain and right"] = evaluation.Images.Where(image => image.Label == image.Predicted)
                .OrderByDescending(image => image.Confidence).Take(12).Select(image => image.Path),
            ["Most certain and wrong"] = evaluation.Images.Where(image => image.Label != image.Predicted)
                .OrderByDescending(image => image.Confidence).Take(12).Select(image => image.Path),
            ["Least certain"] = evaluation.Images.OrderBy(image => image.Confidence).Take(12).Select(image => image.Path),
        })
        {
            var head = page.Descendants("h2").Single(head => head.Value == section);
            var cards = head.ElementsAfterSelf("div").First().Elements("div").ToList();
            CollectionAssert.AreEqual(
                images.ToList(), cards.Select(card => card.Descendants("span").Single().Attribute("title")!.Value).ToList(), section);
            foreach (var card in cards)
                Assert.AreEqual(
                    File.Exists(card.Descendants("span").Single().Attribute("title")!.Value) ? 1 : 0, card.Descendants("img").Count());
            Assert.IsTrue(cards.All(card => card.Descendants("img").Any() != card.Value.Contains("no preview", StringComparison.Ordinal)));
        }
    }

    [TestMethod]
    public void AnExplainerShowsItsMapsBesideTheCertainAndUncertainImages()
    {
        _folder.Fill("photos", 40);
        var context = new MLContext(seed: 1);
        // Of a smaller image the last feature map is one pixel.
        var trained = ScoringModel.TrainedOn(Photo.View(context, Photo.Set(3))) with { ImageSize = 96 };
        using var model = new ImageClassifierTransformer(context, trained, new ScoringOptions(), summary: null);
        using var explainer = model.CreateExplainer(new ExplanationOptions { PictureSize = 64 });
        var evaluation = MadeUpEvaluation.Of(Photo.Classes, 40, pathOf: image => _folder.File($"photos/{image + 1}.png"));

        var (_, page) = Save(evaluation, explainer);

        var cards = page.Descendants("div").Where(div => ((string?)div.Attribute("class") ?? "").StartsWith("finding image")).ToList();
        var explained = cards.Where(card => card.Descendants("img").Count() == 3).ToList();
        Assert.HasCount(36, explained);
        Assert.AreEqual(evaluation.LikelyMislabeled.Count, cards.Count(card => card.Descendants("img").Count() == 1));
        foreach (var card in explained)
        {
            CollectionAssert.AreEqual(
                (string[])["class activation", "coupled"], card.Descendants("figcaption").Select(caption => caption.Value).ToArray());
            var pictures = card.Descendants("img").Select(image => image.Attribute("src")!.Value).ToList();
            Assert.AreEqual(3, pictures.Distinct().Count());
            foreach (var picture in pictures.Skip(1))
            {
                using var map = SKBitmap.Decode(Convert.FromBase64String(picture["data:image/jpeg;base64,".Length..]));
                Assert.AreEqual((64, 64), (map.Width, map.Height));
            }
        }
    }

    [TestMethod]
    public void AnExplainerOfOtherClassesIsRefusedBeforeAFileIsWritten()
    {
        using var model = ScoringModel.Create(Photo.View(new MLContext(seed: 1), Photo.Set(3)));
        using var explainer = model.CreateExplainer();

        var error = Assert.ThrowsExactly<ArgumentException>(
            () => MadeUpEvaluation.Of(["a", "b"], 20).SaveHtml(_folder.File("page.html"), explainer));

        StringAssert.Contains(error.Message, "blue, green, red");
        Assert.IsFalse(File.Exists(_folder.File("page.html")));
    }

    [TestMethod]
    public void OfAThousandClassesTheWorstAreShownAndTheOthersCounted()
    {
        string[] names = [.. Enumerable.Range(0, 1000).Select(index => $"{index:000} {new string('n', 100)}")];
        var evaluation = MadeUpEvaluation.Of(names, 3000, branches: 1, pathOf: image => $"/no/folder/{image}.jpg");

        var (text, page) = Save(evaluation);

        Assert.IsTrue(text.Length < 300_000, $"{text.Length}");
        var tables = page.Descendants("table").Select(Cells).ToList();
        var confusions = tables[2].Skip(1).ToList();
        Assert.HasCount(30, confusions);
        Assert.AreEqual(
            $"{evaluation.Metrics.ConfusionMatrix.SelectMany((row, label) => row.Where((_, predicted) => predicted != label)).Max()}",
            confusions[0][2]);
        Assert.HasCount(101, tables[3]);
        var absent = evaluation.Metrics.Classes.Count(one => one.Support == 0);
        StringAssert.Contains(page.Value, $"and {900 - absent} more classes with a higher F1");
        StringAssert.Contains(page.Value, $"{absent} classes have no image here");
        StringAssert.Contains(page.Value, string.Create(
            CultureInfo.InvariantCulture, $"and {evaluation.LikelyMislabeled.Count - 60:N0} more images"));
    }

    [TestMethod]
    public void WhereNothingIsWrongThePageSaysSo()
    {
        var (_, page) = Save(MadeUpEvaluation.Of(["a", "b"], 3, branches: 1, scale: 0));

        Assert.HasCount(4, page.Descendants("table").ToList());
        StringAssert.Contains(page.Value, "None.");
    }

    private (string Text, XElement Page) Save(ImageEvaluation evaluation, ImageExplainer? explainer = null)
    {
        evaluation.SaveHtml(_folder.File("page.html"), explainer);
        var text = File.ReadAllText(_folder.File("page.html"));
        // HTML whose elements are all closed, but for those that have no content, is XML.
        var xml = VoidElement().Replace(text, "<$1/>").Replace("&nbsp;", "&#160;", StringComparison.Ordinal)
            .Replace("<!DOCTYPE html>", "", StringComparison.Ordinal);
        return (text, XElement.Parse(xml, LoadOptions.PreserveWhitespace));
    }

    private static List<string[]> Cells(XElement table) =>
        [.. table.Elements("tr").Select(row => row.Elements().Select(cell => cell.Value).ToArray())];

    private static string Text(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);

    [GeneratedRegex("<((?:meta|img|br)\\b[^>]*)>")]
    private static partial Regex VoidElement();
}
