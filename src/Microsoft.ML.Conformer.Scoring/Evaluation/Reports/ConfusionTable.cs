using System.Globalization;
using System.Text;
using static Microsoft.ML.Conformer.Files.HtmlPage;

namespace Microsoft.ML.Conformer.Evaluation.Reports;

/// <summary>The confusion matrix on a page; of many classes the worst confusions.</summary>
internal static class ConfusionTable
{
    private const int MostClasses = 20, MostConfusions = 30, NameColumns = 24;

    public static string Of(ImageClassificationMetrics metrics) => metrics.Classes.Count <= MostClasses ? Matrix(metrics) : Worst(metrics);

    private static string Matrix(ImageClassificationMetrics metrics)
    {
        var table = new StringBuilder("<div class=\"scroll\"><table class=\"matrix\">\n<tr><th>class \\ predicted</th>");
        foreach (var one in metrics.Classes)
            table.Append($"<th title=\"{Text(VisibleText.Of(one.Name))}\"><span>{Name(one)}</span></th>");
        table.AppendLine("<th><span>images</span></th></tr>");
        foreach (var (label, one) in metrics.Classes.Index())
        {
            table.Append($"<tr><th title=\"{Text(VisibleText.Of(one.Name))}\">{Name(one)}</th>");
            foreach (var (predicted, count) in metrics.ConfusionMatrix[label].Index())
                table.Append(Cell(count, one.Support, isRight: label == predicted));
            table.AppendLine($"<td>{FigureText.Count(one.Support)}</td></tr>");
        }
        return table.AppendLine("</table></div>").ToString();
    }

    /// <summary>The larger its share of the class's images, the stronger is its color: blue for right ones, red for wrong ones.</summary>
    private static string Cell(int count, int support, bool isRight)
    {
        const double most = 0.6; // so that the number can be read
        if (count == 0)
            return "<td></td>";
        var (share, color) = ((double)count / support, isRight ? "47 126 216" : "224 49 49");
        var style = string.Create(CultureInfo.InvariantCulture, $"background: rgb({color} / {most * share:0.###})");
        return $"<td title=\"{FigureText.Percent(share)}\" style=\"{style}\">{FigureText.Count(count)}</td>";
    }

    /// <summary>The worst confusions alone.</summary>
    public static string Worst(ImageClassificationMetrics metrics)
    {
        var confusions = Confusion.WorstOf(metrics).ToList();
        return HtmlTable.Of(
            ["class", "predicted", "images", "of the class's"],
            confusions.Take(MostConfusions).Select(one => (string[])[
                Text(VisibleText.Of(one.Label)), Text(VisibleText.Of(one.Predicted)), FigureText.Count(one.Count),
                FigureText.Count(one.Support)]),
            textColumns: 2) + More(confusions.Count - MostConfusions, "pairs of classes; the JSON report has all");
    }

    private static string Name(ClassMetrics one) => Text(VisibleText.CutToColumns(one.Name, NameColumns));
}
