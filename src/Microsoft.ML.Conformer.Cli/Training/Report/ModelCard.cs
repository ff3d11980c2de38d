using System.Text;

namespace Conformer.Cli.Training.Report;

/// <summary>A model card (Mitchell et al., 2019) in Markdown: what a model is for, how good it is, and where it fails.</summary>
internal static class ModelCard
{
    private const int MostClasses = 50, MostConfusions = 5;

    public static string Of(RunFacts facts)
    {
        var (metrics, intervals, record) = (facts.Evaluation.Metrics, facts.Evaluation.Intervals, facts.Record);
        var card = new StringBuilder();
        Line($"# Image classifier: {Escaped(facts.DataName)}");
        Line();
        Line($"Tells {Count(record.Classes, "class", "classes")} of photos apart: {record.Network}, {record.ImageSize} x {record.ImageSize} " +
            $"pixels. {Percent(metrics.Accuracy)} of {Count(metrics.ImageCount, "image", "images")} that it was not trained on are " +
            $"classified correctly ({IntervalOf(intervals.Accuracy)}).");
        Heading("Use");
        Line("`model.zip` opens with ML.NET (`mlContext.Model.LoadImageClassifier`, or `mlContext.Model.Load` alone), `model.onnx` with " +
            "ONNX Runtime, `model.safetensors` as weights to start from.");
        Heading("Network and training");
        Table(["", ""], facts.Network().Concat(facts.ChangedOptions()).Select(one => (string[])[one.Name, one.Value]));
        Line($"`{RunFolder.ConfigurationName}` repeats the run: `{facts.Repeats}`.");
        Heading("Data");
        Line($"{Count(record.TrainingImages, "image", "images")} to train on, {Count(record.ValidationImages)} to validate" +
            (record.TestImages is > 0 and var held ? $", {Count(held)} to test" : "") +
            (facts.Summary.SkippedImages.Count is > 0 and var skipped ? $"; {Count(skipped)} could not be used" : "") + ".");
        Line();
        var (classes, hasTest) = (facts.Images.Classes, record.TestImages > 0);
        Table(
            hasTest ? ["class", "training", "validation", "test"] : ["class", "training", "validation"],
            classes.Take(MostClasses).Select(one => (string[])[
                one.Name, Count(one.Training), Count(one.Validation), .. hasTest ? (string[])[Count(one.Test)] : []]), numbersFrom: 1);
        More(classes.Count - MostClasses, "classes");
        Heading("How good it is");
        Line(record.EvaluatedOn == "test"
            ? $"On the {Count(metrics.ImageCount, "test image", "test images")}, which no epoch was chosen by. " +
                $"The intervals are of {Percent(intervals.Level)}."
            : $"On the {Count(metrics.ImageCount, "validation image", "validation images")}, by which the best epoch was chosen: on other " +
                $"photos expect a little less. The intervals are of {Percent(intervals.Level)}.");
        Line();
        Table(["figure", "value", "interval"], MetricFigure.Of(metrics).Select(figure => (string[])[
            figure.Name, Number(figure.Value(metrics)), figure.IntervalText(intervals)]), numbersFrom: 1);
        Line(MetricWords.Of(facts.Evaluation.Calibration));
        Worst(metrics);
        Heading("Speed");
        Table(["", ""], facts.SpeedAndEnvironment().Select(one => (string[])[one.Name, one.Value]));
        Heading("Limits");
        Line("- A photo of something else still gets one of the classes; a threshold of the probability turns such photos away in part. " +
            "The least one with which 95 % of the answers are right: " +
            $"{MetricWords.Of(facts.Evaluation.Rejection.LeastThreshold(0.95))}.");
        Line("- The figures hold for photos like those above. Other cameras, light or backgrounds need an evaluation of their own " +
            "(`conformer eval`).");
        if (metrics.Classes.Where(one => one.Support < 20).ToList() is { Count: > 0 } few)
            Line($"- {Count(few.Count, "class was", "classes were")} evaluated on fewer than 20 images: their own figures are uncertain.");
        Heading("License of the weights");
        Line(facts.License);
        return card.ToString();

        void Line(string text = "") => card.Append(text).Append('\n');

        void Heading(string title) => card.Append($"\n## {title}\n\n");

        void More(int count, string what)
        {
            if (count > 0)
                Line($"and {Count(count)} more {what}; evaluation.json has all\n");
        }

        void Table(IReadOnlyList<string> heads, IEnumerable<IReadOnlyList<string>> rows, int numbersFrom = int.MaxValue)
        {
            Line($"| {string.Join(" | ", heads)} |");
            Line($"| {string.Join(" | ", heads.Select((_, column) => column < numbersFrom ? "---" : "---:"))} |");
            foreach (var row in rows)
                Line($"| {string.Join(" | ", row.Select(Escaped))} |");
            Line();
        }

        void Worst(ImageClassificationMetrics metrics)
        {
            if (Confusion.WorstOf(metrics).Take(MostConfusions).ToList() is not { Count: > 0 } worst)
                return;
            Line("\nIt most often takes\n");
            foreach (var one in worst)
                Line($"- {Escaped(one.Label)} for {Escaped(one.Predicted)}: {Count(one.Count)} of {Count(one.Support, "image", "images")}");
        }
    }

    private static string IntervalOf(MetricInterval interval) => $"95 % interval {Percent(interval.Low)} to {Percent(interval.High)}";

    /// <summary>Text of others, such as a class's name, that Markdown takes as it is.</summary>
    private static string Escaped(string text)
    {
        var escaped = new StringBuilder();
        foreach (var letter in VisibleText.Of(text))
            escaped.Append(@"\`*_{}[]<>()#+!|~&$".Contains(letter, StringComparison.Ordinal) ? $"\\{letter}" : letter);
        return escaped.ToString();
    }
}
