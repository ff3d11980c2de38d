using System.Globalization;
using System.Text.Json;

namespace Microsoft.ML.Conformer.Tests.Evaluation;

[TestClass]
public sealed class EvaluationTextTests
{
    private static readonly string[] _names =
    [
        "牡丹花卉圖片分類", "🌷🌻🌹", "a", "\e[2J\u202Egpj", new('w', 5000), string.Concat(Enumerable.Repeat("向日葵🌻", 300)), "e\u0301toile", "ﾊﾝｶｸ",
    ];

    [TestMethod]
    public void TheJsonReportHasARowOfTheConfusionMatrixOnALine()
    {
        using var folder = new TemporaryFolder();
        var evaluation = MadeUpEvaluation.Of(["a", "b", "c"], 4, branches: 1);

        evaluation.SaveJson(folder.File("evaluation.json"));

        var matrix = evaluation.Metrics.ConfusionMatrix;
        var text = File.ReadAllText(folder.File("evaluation.json"));
        foreach (var row in matrix)
            StringAssert.Contains(text, $"[{string.Join(", ", row)}]");
        using var json = JsonDocument.Parse(text);
        var read = json.RootElement.GetProperty("branches")[0].GetProperty("metrics").GetProperty("confusionMatrix").Deserialize<int[][]>()!;
        CollectionAssert.AreEqual(matrix.SelectMany(row => row).ToArray(), read.SelectMany(row => row).ToArray());
    }

    [TestMethod]
    [DataRow(2, 40, 3, 1.0)]
    [DataRow(2, 40, 3, 1e6, DisplayName = "logits in the millions")]
    [DataRow(2, 40, 3, 1e30, DisplayName = "logits without measure")]
    [DataRow(8, 500, 3, 1.0)]
    [DataRow(1000, 2000, 1, 1.0)]
    public void ALineHasAtMost80ColumnsWhateverClassesAreCalled(int classCount, int images, int branches, double scale)
    {
        string[] names = [.. Enumerable.Range(0, classCount).Select(index => index < 8 ? _names[index] : $"{_names[index % 8]}{index}")];

        var evaluation = MadeUpEvaluation.Of(names, images, unknown: 7, branches, scale, skipped: 3, unlabeled: 1_234_567);

        TerminalText.AssertFits(Lines(evaluation));
        foreach (var line in Lines(evaluation))
            Assert.AreEqual(line.TrimEnd(), line);
        Assert.AreEqual(evaluation.Summary, evaluation.ToString());
    }

    [TestMethod]
    public void EachFigureOfEachBranchIsThereWithItsInterval()
    {
        var evaluation = MadeUpEvaluation.Of(["a", "b", "c"], 90);
        var lines = Lines(evaluation);

        Assert.AreEqual("95 % intervals     sum                  conv                 tran", Line("95 %"));
        (string Name, Func<BranchEvaluation, double?> Value, Func<BranchEvaluation, MetricInterval?> Interval)[] figures =
        [
            ("accuracy", b => b.Metrics.Accuracy, b => b.Intervals.Accuracy),
            ("top-2 accuracy", b => b.Metrics.TopKAccuracies[1], b => b.Intervals.TopKAccuracies[1]),
            ("macro F1", b => b.Metrics.MacroOfPresentClasses.F1, b => b.Intervals.MacroF1),
            ("balanced accuracy", b => b.Metrics.BalancedAccuracy, b => b.Intervals.BalancedAccuracy),
            ("Cohen's kappa", b => b.Metrics.CohenKappa, _ => null),
            ("log loss (nats)", b => b.Metrics.LogLoss, b => b.Intervals.LogLoss),
            ("Brier score", b => b.Metrics.BrierScore, b => b.Intervals.BrierScore),
            ("calibration error", b => b.Metrics.ExpectedCalibrationError, b => b.Intervals.ExpectedCalibrationError),
            ("ROC AUC, macro", b => b.Metrics.RocAucMacro, _ => null),
        ];
        foreach (var (name, value, interval) in figures)
        {
            var line = Line(name);
            foreach (var (index, branch) in evaluation.Branches.Index())
            {
                var expected = Text(value(branch)!.Value) + (interval(branch) is { } i ? $" [{Text(i.Low)} {Text(i.High)}]" : "");
                Assert.AreEqual(expected, line[(19 + 21 * index)..Math.Min(line.Length, 19 + 21 * index + 19)].TrimEnd(), line);
            }
        }

        string Line(string beginning) => lines.Single(line => line.StartsWith(beginning, StringComparison.Ordinal));
        static string Text(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);
    }

    [TestMethod]
    public void TheTenWorstConfusionsAreThoseOfMostImages()
    {
        var evaluation = MadeUpEvaluation.Of(["a", "b", "c", "d", "e"], 400);
        var matrix = evaluation.Metrics.ConfusionMatrix;
        var lines = Lines(evaluation).SkipWhile(line => !line.StartsWith("worst", StringComparison.Ordinal)).Skip(1).Take(10).ToList();

        var counts = matrix.SelectMany((row, label) => row.Where((_, predicted) => predicted != label)).OrderDescending().Take(10).ToList();

        foreach (var (line, count) in lines.Zip(counts))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries); // 12 of 80 a -> b
            var (label, predicted) = (words[3][0] - 'a', words[5][0] - 'a');
            Assert.AreEqual($"{count}", words[0]);
            Assert.AreEqual(count, matrix[label][predicted], line);
            Assert.AreEqual($"{matrix[label].Sum()}", words[2]);
        }
        Assert.HasCount(10, lines);
    }

    [TestMethod]
    public void WhatWasLeftOutIsCountedAndThresholdsAreThoseOfTheCurve()
    {
        var evaluation = MadeUpEvaluation.Of(["a", "b"], 200, unknown: 5, skipped: 3, unlabeled: 1);
        var summary = evaluation.Summary.ReplaceLineEndings(" ");

        StringAssert.StartsWith(summary, "200 images of 2 classes, 5 of none of them; 3 could not be used, 1 row has no label ");
        StringAssert.Contains(summary, $"{evaluation.LikelyMislabeled.Count} images are likely mislabeled");
        StringAssert.Contains(summary, string.Create(
            CultureInfo.InvariantCulture, $"temperature of {evaluation.Calibration.Temperature:0.000}"));
        foreach (var accuracy in (double[])[0.9, 0.95, 0.99])
        {
            var point = evaluation.Rejection.LeastThreshold(accuracy)!;
            StringAssert.Contains(summary, string.Create(CultureInfo.InvariantCulture,
                $"for {100 * accuracy} % right: {point.Threshold:0.000} accepts {100 * point.Coverage:0.##} %, of which " +
                $"{100 * point.Accuracy:0.##} % are right"));
        }
    }

    [TestMethod]
    public void BranchesAreComparedWhereThereAreTwo()
    {
        var two = MadeUpEvaluation.Of(["a", "b", "c"], 300);
        var agreement = two.BranchAgreement!;

        StringAssert.Contains(two.Summary.ReplaceLineEndings(" "), string.Create(CultureInfo.InvariantCulture,
            $"right on {agreement.BothRight} images, conv alone on {agreement.OnlyFirstRight}, " +
            $"tran alone on {agreement.OnlySecondRight}, neither on {agreement.BothWrong}."));
        Assert.IsFalse(MadeUpEvaluation.Of(["a", "b", "c"], 300, branches: 1).Summary.Contains("McNemar", StringComparison.Ordinal));
    }

    /// <summary>The table is for people; the JSON has the numbers.</summary>
    [TestMethod]
    public void TheSummaryIsNoPartOfTheJson()
    {
        using var folder = new TemporaryFolder();

        MadeUpEvaluation.Of(["a", "b"], 20).SaveJson(folder.File("evaluation.json"));

        Assert.IsFalse(File.ReadAllText(folder.File("evaluation.json")).Contains("summary", StringComparison.OrdinalIgnoreCase));
    }

    private static string[] Lines(ImageEvaluation evaluation) => evaluation.Summary.Split(Environment.NewLine);
}
