using System.Text;
using static Microsoft.ML.Conformer.Evaluation.Reports.FigureText;
using static Microsoft.ML.Conformer.Files.HtmlPage;

namespace Microsoft.ML.Conformer.Evaluation.Robustness;

/// <summary>How well a network copes with distorted images, as text for a terminal and as a page that is one file.</summary>
internal static class RobustnessReport
{
    private const int ValueWidth = 10, ColumnWidth = 12;
    private const string Style =
        "  .charts { display: flex; flex-wrap: wrap; gap: 1rem 2rem; margin-top: 1rem; } .charts figure { margin: 0; max-width: 100%; }\n";

    public static string Text(ImageRobustness robustness)
    {
        var text = new StringBuilder($"{Count(robustness.ImageCount, "image", "images")}, distorted");
        foreach (var curve in robustness.Curves)
        {
            text.AppendLine().AppendLine().Append($"{curve.Name} ({curve.Unit})").AppendLine();
            text.Append(new string(' ', ValueWidth)).Append(Cells([.. robustness.Branches, "confidence"]));
            foreach (var point in curve.Points)
                text.AppendLine().Append(FormattableString.Invariant($"{point.Value,ValueWidth:0.###}"))
                    .Append(Cells([.. point.Accuracies.Select(Number), Number(point.MeanConfidence)]));
        }
        return text.ToString();

        static string Cells(IEnumerable<string> cells) => string.Concat(cells.Select(cell => cell.PadLeft(ColumnWidth)));
    }

    public static string Html(ImageRobustness robustness)
    {
        var page = Begin("Robustness of the classifier", Style).AppendLine(
            $"<p>Accuracy on {Count(robustness.ImageCount, "image", "images")} as each is distorted more, and how sure the network is of its " +
            "answers: the mean probability of the predicted class. A robust network loses confidence where it loses accuracy.</p>");
        page.AppendLine("<div class=\"charts\">");
        foreach (var curve in robustness.Curves)
            page.AppendLine($"<figure><figcaption><b>{Title(curve)}</b></figcaption>").Append(Chart(robustness, curve).ToSvg())
                .AppendLine("</figure>");
        page.AppendLine("</div>");
        foreach (var curve in robustness.Curves)
            page.AppendLine($"<h2>{Title(curve)}</h2>").Append(HtmlTable.Of(
                [HtmlPage.Text(curve.Unit), .. robustness.Branches.Select(HtmlPage.Text), "mean confidence"],
                curve.Points.Select(point => (IReadOnlyList<string>)[
                    FormattableString.Invariant($"{point.Value:0.###}"), .. point.Accuracies.Select(Number), Number(point.MeanConfidence)]),
                textColumns: 0));
        return End(page);
    }

    public static LineChart Chart(ImageRobustness robustness, RobustnessCurve curve) => new(
        $"{curve.Name} ({curve.Unit})", "accuracy",
        [
            .. robustness.Branches.Select((branch, index) =>
                new ChartSeries(branch, [.. curve.Points.Select(point => (point.Value, point.Accuracies[index]))])),
            new ChartSeries("mean confidence", [.. curve.Points.Select(point => (point.Value, point.MeanConfidence))]),
        ])
    {
        YRange = (0, 1),
    };

    private static string Title(RobustnessCurve curve) => HtmlPage.Text(curve.Name);
}
