using static Microsoft.ML.Conformer.Files.HtmlPage;

namespace Microsoft.ML.Conformer.Evaluation.Reports;

/// <summary>The table of the classes on a page, the worst first.</summary>
internal static class ClassTable
{
    private const int MostClasses = 100;

    public static string Of(ImageClassificationMetrics metrics)
    {
        var present = metrics.Classes.Where(one => one.Support > 0).OrderBy(one => one.F1).ToList();
        var absent = metrics.Classes.Count - present.Count;
        return HtmlTable.Of(
            ["class", "images", "predicted", "precision", "recall", "F1", "ROC AUC"],
            present.Take(MostClasses).Select(one => (string[])[
                Text(VisibleText.Of(one.Name)), FigureText.Count(one.Support), FigureText.Count(one.Predicted),
                FigureText.Number(one.Precision), FigureText.Number(one.Recall), FigureText.Number(one.F1),
                FigureText.Number(one.RocAuc)])) +
            More(present.Count - MostClasses, "classes with a higher F1; the JSON report has all") +
            (absent > 0 ? $"<p class=\"more\">{FigureText.Count(absent, "class has", "classes have")} no image here</p>" : "");
    }
}
