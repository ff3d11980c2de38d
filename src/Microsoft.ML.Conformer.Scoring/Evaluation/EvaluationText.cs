using System.Text;
using static Microsoft.ML.Conformer.Evaluation.Reports.FigureText;

namespace Microsoft.ML.Conformer.Evaluation;

/// <summary>An evaluation in lines of text for a terminal.</summary>
internal static class EvaluationText
{
    private const int Columns = 80, NameWidth = 17, BranchWidth = 21, MostConfusions = 10;

    /// <summary>The accuracies for which a threshold is looked for.</summary>
    public static IReadOnlyList<double> Accuracies { get; } = [0.9, 0.95, 0.99];

    public static string Of(ImageEvaluation evaluation)
    {
        List<string> lines =
        [
            .. Wrapped(Counts(evaluation)), "", .. Branches(evaluation), "",
            .. evaluation.BranchAgreement is { } agreement
                ? Wrapped(MetricWords.Of(agreement, evaluation.Branches[1].Name, evaluation.Branches[2].Name)).Append("") : [],
            .. Wrapped(MetricWords.Of(evaluation.Calibration)), "",
            "least threshold of the confidence",
            .. Accuracies.Select(accuracy =>
                $"  for {Percent(accuracy)} right: {MetricWords.Of(evaluation.Rejection.LeastThreshold(accuracy))}"),
            .. Confusions(evaluation.Metrics), "",
            .. Wrapped($"{Count(evaluation.LikelyMislabeled.Count, "image is", "images are")} likely mislabeled"),
        ];
        return string.Join(Environment.NewLine, lines);
    }

    /// <summary>How many images there are, and how many rows were left out.</summary>
    public static string Counts(ImageEvaluation evaluation)
    {
        var ofNone = evaluation.Images.Count(image => image.Label is null);
        return $"{Count(evaluation.Metrics.ImageCount, "image", "images")} of {Count(evaluation.ClassNames.Count, "class", "classes")}" +
            (ofNone > 0 ? $", {Count(ofNone)} of none of them" : "") +
            $"; {Count(evaluation.Skipped.Count)} could not be used, {Count(evaluation.UnlabeledCount, "row has", "rows have")} no label";
    }

    private static IEnumerable<string> Branches(ImageEvaluation evaluation)
    {
        var heading = $"{Percent(evaluation.Intervals.Level)} intervals".PadRight(NameWidth);
        yield return heading + string.Concat(evaluation.Branches.Select(branch => $"  {branch.Name,-(BranchWidth - 2)}")).TrimEnd();
        foreach (var figure in MetricFigure.Of(evaluation.Metrics))
            yield return (figure.Name.PadRight(NameWidth) + string.Concat(evaluation.Branches.Select(branch =>
                $"  {Number(figure.Value(branch.Metrics))} {figure.IntervalText(branch.Intervals)}".PadRight(BranchWidth)))).TrimEnd();
    }

    private static IEnumerable<string> Confusions(ImageClassificationMetrics metrics)
    {
        const string arrow = " -> ";
        var worst = Confusion.WorstOf(metrics).Take(MostConfusions).ToList();
        if (worst.Count == 0)
            yield break;
        yield return "";
        yield return "worst confusions: images, of the class's, class -> predicted";
        var (countWidth, supportWidth) = (worst.Max(one => Count(one.Count).Length), worst.Max(one => Count(one.Support).Length));
        foreach (var one in worst)
        {
            var numbers = $"  {Count(one.Count).PadLeft(countWidth)} of {Count(one.Support).PadRight(supportWidth)}  ";
            var columns = (Columns - numbers.Length - arrow.Length) / 2;
            yield return numbers + VisibleText.CutToColumns(one.Label, columns) + arrow + VisibleText.CutToColumns(one.Predicted, columns);
        }
    }

    private static IEnumerable<string> Wrapped(string sentences)
    {
        var line = new StringBuilder();
        foreach (var word in sentences.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > Columns)
            {
                yield return line.ToString();
                line.Clear();
            }
            line.Append(line.Length > 0 ? " " : "").Append(word);
        }
        yield return line.ToString();
    }
}
