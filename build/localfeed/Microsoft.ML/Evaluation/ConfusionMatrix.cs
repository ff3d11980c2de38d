using System.Text;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>How often rows of each class were predicted to be of each class.</summary>
public sealed class ConfusionMatrix
{
    private readonly string[] _names;

    internal ConfusionMatrix(double[][] counts, double[] precision, double[] recall, string[] names)
    {
        Counts = counts;
        PerClassPrecision = precision;
        PerClassRecall = recall;
        _names = names;
    }

    public IReadOnlyList<double> PerClassPrecision { get; }

    public IReadOnlyList<double> PerClassRecall { get; }

    /// <summary>Counts by true class, then by predicted class.</summary>
    public IReadOnlyList<IReadOnlyList<double>> Counts { get; }

    public int NumberOfClasses => Counts.Count;

    public double GetCountForClassPair(int predictedClassIndicatorIndex, int actualClassIndicatorIndex)
    {
        CheckIndex(predictedClassIndicatorIndex, nameof(predictedClassIndicatorIndex));
        CheckIndex(actualClassIndicatorIndex, nameof(actualClassIndicatorIndex));
        return Counts[actualClassIndicatorIndex][predictedClassIndicatorIndex];
    }

    /// <summary>
    /// A table for the console: a row for each true class with its recall, a column for each predicted one with its precision.
    /// </summary>
    public string GetFormattedConfusionTable()
    {
        var columnWidth = NumberOfClasses == 2 ? 8 : 5;
        var nameWidth = _names.Max(name => name.Length);
        // Names too long for a column's head are replaced by numbers there, which then stand before the names of rows, too.
        var usesNumbers = nameWidth > columnWidth;
        var numberWidth = (NumberOfClasses - 1).ToString().Length;
        var rowNames = _names.Select((name, i) => usesNumbers ? i.ToString().PadLeft(numberWidth) + ". " + name.PadLeft(nameWidth) : name);
        var headWidth = Math.Max("PREDICTED".Length, rowNames.Max(name => name.Length));
        if (usesNumbers)
            rowNames = _names.Select((name, i) => i.ToString().PadLeft(numberWidth) + ". " + name.PadLeft(headWidth - numberWidth - 2));
        var line = string.Concat(Enumerable.Repeat(NumberOfClasses > 2 ? "========" : "===========", NumberOfClasses));

        var table = new StringBuilder();
        table.AppendLine().AppendLine("Confusion table");
        AppendHead(table, "", headWidth).AppendLine(line);
        AppendHead(table, "PREDICTED", headWidth);
        for (var i = 0; i < NumberOfClasses; i++)
            table.Append($" {(usesNumbers ? i.ToString() : _names[i]).PadLeft(columnWidth)} |");
        table.AppendLine(" Recall");
        AppendHead(table, "TRUTH", headWidth).AppendLine(line);
        foreach (var (i, name) in rowNames.Index())
        {
            table.Append(name.PadLeft(headWidth)).Append(" ||");
            foreach (var count in Counts[i])
                table.Append($" {count.ToString("N0").PadLeft(columnWidth)} |");
            table.AppendLine($" {PerClassRecall[i],5:F4}");
        }
        AppendHead(table, "", headWidth).AppendLine(line);
        AppendHead(table, "Precision", headWidth);
        foreach (var precision in PerClassPrecision)
            table.Append($"{precision.ToString("N4").PadLeft(columnWidth + 1)} |");
        return table.AppendLine().ToString();
    }

    private void CheckIndex(int index, string name) => Contracts.CheckParam(index >= 0 && index < Counts.Count, name,
        "Invalid index. Should be non-negative, less than the number of classes.");

    private static StringBuilder AppendHead(StringBuilder table, string head, int width) =>
        table.Append(head.PadRight(width)).Append(" ||");
}
