using System.Globalization;
using System.Text;
using static Microsoft.ML.Conformer.Files.HtmlPage;

namespace Conformer.Cli.Training.Report;

/// <summary>All about a run on one page.</summary>
internal sealed class RunReport
{
    private const int MostClasses = 200, MaxHistoryBytes = 64 << 20;

    private const string Style = EvaluationPage.Style + """
          .key { display: flex; flex-wrap: wrap; gap: .8rem; margin: 1rem 0; }
          .key div { background: var(--soft); border: 1px solid var(--line); border-radius: .4rem; padding: .5rem .9rem; }
          .key b { display: block; font-size: 1.35rem; } .chart { width: 100%; height: 340px; }
          .chart.square { height: min(90vw, 700px); max-width: 860px; }
          .controls { display: flex; gap: .6rem; align-items: center; margin: .5rem 0; } select { font: inherit; }
          .facts td:first-child { color: GrayText; white-space: nowrap; }

        """;

    private readonly RunFacts _facts;
    private readonly StringBuilder _page;
    private readonly List<double?[]> _epochs;

    private RunReport(RunFacts facts)
    {
        _facts = facts;
        _epochs = Epochs(facts.Run.File(RunFolder.HistoryName));
        _page = Begin($"Training run {VisibleText.Of(facts.Run.Name)}", Style, hasScripts: true);
    }

    /// <param name="facts">What the page tells.</param>
    /// <param name="explainer">Shows where the model looks; null where it cannot.</param>
    public static void Save(RunFacts facts, ImageExplainer? explainer) =>
        AtomicFile.Write(facts.Run.File(RunFolder.ReportName), new RunReport(facts).ToHtml(explainer));

    private string ToHtml(ImageExplainer? explainer)
    {
        AddKeyFigures();
        var evaluation = new EvaluationPage(_facts.Evaluation, _facts.Evaluation.PicturesWith(explainer), _page);
        AddSections(_page,
        [
            new("Training", AddTraining),
            .. evaluation.Sections.Select(section => section.Title == EvaluationPage.Confusions ? section with
            {
                Add = AddMatrix,
            } : section),
            new("Data", AddData),
            new("Speed and environment", () => AddFacts(_facts.SpeedAndEnvironment())),
            new("License of the weights", () => Say(_facts.License)),
        ]);
        _page.Append(ChartPage.Scripts(Data(), "RunReport.js"));
        return End(_page);
    }

    private void AddKeyFigures()
    {
        var (record, metrics, interval) = (_facts.Record, _facts.Evaluation.Metrics, _facts.Evaluation.Intervals.Accuracy);
        Say($"{record.Network} at {record.ImageSize} x {record.ImageSize} pixels on {_facts.DataName}: " +
            $"{Count(record.Classes, "class", "classes")}, {Count(record.TrainingImages, "training image", "training images")}. " + (
            record.EvaluatedOn == "test"
                ? $"The figures are of {Count(metrics.ImageCount, "test image", "test images")}, by which nothing was chosen."
                : $"The figures are of {Count(metrics.ImageCount, "validation image", "validation images")}, by which the best epoch was " +
                  "chosen: on other photos expect a little less."));
        _page.AppendLine("<div class=\"key\">");
        Key(Percent(metrics.Accuracy), $"accuracy, {Percent(interval.Low)} to {Percent(interval.High)}");
        Key(Number(metrics.MacroOfPresentClasses.F1), "macro F1");
        Key(Number(metrics.ExpectedCalibrationError), "calibration error");
        Key(FormattableString.Invariant($"{record.ScoreMillisecondsPerImage:0.0} ms"), "to score an image");
        Key(FormattableString.Invariant($"{_facts.TrainingTime.TotalMinutes:0.0} min"), "to train");
        _page.AppendLine("</div>");

        void Key(string value, string name) => _page.AppendLine($"<div><b>{Text(value)}</b>{Text(name)}</div>");
    }

    private void AddTraining()
    {
        Chart("curves", "Loss, validation loss and accuracy by epoch; history.csv has the same values");
        AddFacts(_facts.Network().Concat(_facts.ChangedOptions()));
    }

    private void AddMatrix()
    {
        Say("Rows are the classes of the images, columns what was predicted; a color is the share of the row's images. The wheel and the " +
            "sliders zoom.");
        _page.AppendLine("<div class=\"controls\"><label for=\"order\">Order</label><select id=\"order\">" +
            "<option value=\"name\">by name</option><option value=\"recall\">worst first</option>" +
            "<option value=\"likeness\">confused ones side by side</option></select></div>");
        Chart("matrix", "Confusion matrix; the table below has the worst confusions", "chart square");
        _page.Append(ConfusionTable.Worst(_facts.Evaluation.Metrics));
    }

    private void AddData()
    {
        var (classes, hasTest) = (_facts.Images.Classes, _facts.Record.TestImages > 0);
        Say($"{_facts.DataName}: {Count(_facts.Record.TrainingImages)} images to train on, {Count(_facts.Record.ValidationImages)} to " +
            $"validate, {Count(_facts.Record.TestImages ?? 0)} to test; {Count(_facts.Summary.SkippedImages.Count)} could not be used.");
        _page.Append(HtmlTable.Of(
            ["class", "training", "validation", .. hasTest ? (string[])["test"] : []],
            classes.Take(MostClasses).Select(one => (string[])[
                Text(VisibleText.Of(one.Name)), Count(one.Training), Count(one.Validation), .. hasTest ? (string[])[Count(one.Test)] : []])));
        _page.Append(More(classes.Count - MostClasses, "classes"));
    }

    private void AddFacts(IEnumerable<(string Name, string Value)> facts) => _page.Append("<div class=\"facts\">").Append(HtmlTable.Of(
        ["", ""], facts.Select(fact => (string[])[Text(fact.Name), Text(fact.Value)]), textColumns: 2)).AppendLine("</div>");

    private void Chart(string id, string words, string kind = "chart") =>
        _page.AppendLine($"<div id=\"{id}\" class=\"{kind}\" role=\"img\" aria-label=\"{Text(words)}\"></div>");

    private void Say(string sentences) => _page.AppendLine($"<p>{Text(sentences)}</p>");

    private object Data()
    {
        var metrics = _facts.Evaluation.Metrics;
        return new
        {
            Epochs = _epochs,
            BestEpoch = _facts.Summary.BestEpoch,
            Classes = metrics.Classes.Select(one => new { Name = VisibleText.Of(one.Name), one.Support, one.Recall }),
            // Of 1,000 classes a million cells are empty.
            Confusions =
                from label in Enumerable.Range(0, metrics.Classes.Count)
                from predicted in Enumerable.Range(0, metrics.Classes.Count)
                where metrics.ConfusionMatrix[label][predicted] > 0
                select (int[])[label, predicted, metrics.ConfusionMatrix[label][predicted]],
        };
    }

    /// <summary>Epoch, loss, validation loss, accuracy and learning rate of each line of the history.</summary>
    private static List<double?[]> Epochs(string path)
    {
        if (!File.Exists(path)) // a disk that was full, say
            return [];
        var lines = Encoding.ASCII.GetString(PlainFile.ReadAll(path, MaxHistoryBytes)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var names = lines[0].Split(',');
        var columns = ((string[])["epoch", "loss", "validation_loss", "validation_accuracy", "learning_rate"])
            .Select(name => Array.IndexOf(names, name)).ToList();
        return [.. lines.Skip(1).Select(line => line.Split(',')).Where(cells => cells.Length == names.Length).Select(cells =>
            columns.Select(column => double.TryParse(cells[column], NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
                && double.IsFinite(value) ? value : (double?)null).ToArray())];
    }
}
