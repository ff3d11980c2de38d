namespace Microsoft.ML.Conformer.Evaluation.Reports;

/// <summary>A table of a page, whose columns are figures but for the first ones.</summary>
internal static class HtmlTable
{
    /// <param name="heads">The columns' heads, as HTML.</param>
    /// <param name="rows">Cells as HTML.</param>
    /// <param name="textColumns">How many columns are text.</param>
    public static string Of(IReadOnlyList<string> heads, IEnumerable<IReadOnlyList<string>> rows, int textColumns = 1) =>
        $"<div class=\"scroll\"><table>\n{Row("th", heads, textColumns)}" +
        $"{string.Concat(rows.Select(row => Row("td", row, textColumns)))}</table></div>\n";

    private static string Row(string tag, IReadOnlyList<string> cells, int textColumns) => "<tr>" + string.Concat(cells.Select(
        (cell, column) => $"<{tag}{(column < textColumns ? "" : " class=\"number\"")}>{cell}</{tag}>")) + "</tr>\n";
}
