using System.Text.Json;
using Microsoft.ML.Conformer.Evaluation.Metrics;
using Microsoft.ML.Conformer.Tests.Goldens;

namespace Microsoft.ML.Conformer.Tests.Evaluation.Metrics;

/// <summary>Every number of the golden, for each head and for their sum.</summary>
[TestClass]
public sealed class MetricsGoldenTests
{
    private const double Relative = 1e-9, SinglePrecision = 1e-5, OfTemperature = 1e-6;

    public static IEnumerable<object?[]> Cases => MetricsGolden.Cases;

    public static IEnumerable<object?[]> Heads => MetricsGolden.Heads;

    [TestMethod]
    [DynamicData(nameof(Heads))]
    public void CountsAreExact(string? file, string? name, string? head)
    {
        var golden = MetricsGolden.Open(file, name);
        var (expected, metrics) = (golden.Expected(head!), Metrics(golden.Logits(head!)));

        Assert.AreEqual(golden.Labels.Length, metrics.ImageCount);
        CollectionAssert.AreEqual(
            expected.GetProperty("confusion_rows_true_columns_predicted").Numbers().ToList(),
            metrics.ConfusionMatrix.SelectMany(row => row.Select(count => (double)count)).ToList());
        CollectionAssert.AreEqual(
            expected.GetProperty("support").Numbers().ToList(), metrics.Classes.Select(one => (double)one.Support).ToList());
        CollectionAssert.AreEqual(
            expected.GetProperty("predicted").Numbers().ToList(), metrics.Classes.Select(one => (double)one.Predicted).ToList());
        CollectionAssert.AreEqual(RandomLogits.Names(golden.ClassCount), metrics.Classes.Select(one => one.Name).ToList());
    }

    [TestMethod]
    [DynamicData(nameof(Heads))]
    public void ScoresOfClassesAndTheirMeansAreTheGoldens(string? file, string? name, string? head)
    {
        var golden = MetricsGolden.Open(file, name);
        var (expected, metrics) = (golden.Expected(head!), Metrics(golden.Logits(head!)));

        foreach (var topK in expected.GetProperty("topk_accuracy").EnumerateObject())
            Check(topK.Value.GetDouble(), metrics.TopKAccuracies[int.Parse(topK.Name) - 1], $"top-{topK.Name}");
        Check(expected.GetProperty("topk_accuracy").GetProperty("1").GetDouble(), metrics.Accuracy, "accuracy");
        Check(expected.GetProperty("precision").Numbers(), metrics.Classes.Select(one => one.Precision), "precision");
        Check(expected.GetProperty("recall").Numbers(), metrics.Classes.Select(one => one.Recall), "recall");
        Check(expected.GetProperty("f1").Numbers(), metrics.Classes.Select(one => one.F1), "f1");
        Check(expected.GetProperty("macro_all_classes"), metrics.Macro, "macro");
        Check(expected.GetProperty("macro_classes_with_support"), metrics.MacroOfPresentClasses, "macro of present classes");
        Check(expected.GetProperty("weighted_by_support"), metrics.Weighted, "weighted");
        Check(expected.GetProperty("micro"), metrics.Micro, "micro");
        Check(expected.GetProperty("balanced_accuracy").GetDouble(), metrics.BalancedAccuracy, "balanced accuracy");
        Check(expected.GetProperty("cohen_kappa").GetDouble(), metrics.CohenKappa!.Value, "kappa");
        Check(expected.GetProperty("matthews").GetDouble(), metrics.MatthewsCorrelation!.Value, "Matthews");
    }

    [TestMethod]
    [DynamicData(nameof(Heads))]
    public void FiguresOfProbabilitiesAreTheGoldens(string? file, string? name, string? head)
    {
        var golden = MetricsGolden.Open(file, name);
        var expected = golden.Expected(head!);

        CheckProbabilities(expected, Metrics(golden.Logits(head!)), Relative);
        CheckProbabilities(expected, Metrics(golden.SinglePrecisionLogits(head!)), SinglePrecision);
        Check(expected.GetProperty("ece_10").GetDouble(), Metrics(golden.Logits(head!), 10).ExpectedCalibrationError, "ece of 10 bins");
    }

    [TestMethod]
    [DynamicData(nameof(Heads))]
    public void ReliabilityBinsAreTheGoldens(string? file, string? name, string? head)
    {
        var golden = MetricsGolden.Open(file, name);
        var bins = Metrics(golden.Logits(head!)).ReliabilityBins;

        Check(
            golden.Expected(head!).GetProperty("reliability_bin_count_accuracy_confidence").Numbers(),
            bins.SelectMany(bin => new[] { Math.Round(bin.Lower * 15), bin.ImageCount, bin.Accuracy, bin.MeanConfidence }), "bins");
        Check(bins.Select(bin => bin.Lower + 1.0 / 15), bins.Select(bin => bin.Upper), "upper edges");
    }

    [TestMethod]
    [DynamicData(nameof(Heads))]
    public void AreasUnderTheRocCurvesAreTheGoldens(string? file, string? name, string? head)
    {
        var golden = MetricsGolden.Open(file, name);
        var (expected, metrics) = (golden.Expected(head!), Metrics(golden.Logits(head!)));
        static double OrMinusOne(JsonElement area) => area.ValueKind == JsonValueKind.Null ? -1 : area.GetDouble();

        Check(
            expected.GetProperty("roc_auc_one_vs_rest").EnumerateArray().Select(OrMinusOne),
            metrics.Classes.Select(one => one.RocAuc ?? -1), "areas");
        Check(expected.GetProperty("roc_auc_macro").GetDouble(), metrics.RocAucMacro!.Value, "macro");
        Check(expected.GetProperty("roc_auc_weighted").GetDouble(), metrics.RocAucWeighted!.Value, "weighted");
    }

    [TestMethod]
    [DynamicData(nameof(Heads))]
    public void TheTemperatureIsTheGoldensOrInfinite(string? file, string? name, string? head)
    {
        var golden = MetricsGolden.Open(file, name);
        var (logits, expected) = (golden.Logits(head!), golden.Expected(head!).GetProperty("temperature"));
        var (fit, slope) = (TemperatureFit.To(new ScoredImages(logits)), expected.GetProperty("derivative_at_1_over_T").GetDouble());
        var search = new TemperatureSearch(new ScoredImages(logits));

        Check(golden.Expected(head!).GetProperty("nll").GetDouble(), fit.LogLossBefore, "log-loss before");
        Check(golden.Expected(head!).GetProperty("ece_15").GetDouble(), fit.CalibrationErrorBefore, "calibration error before");
        Check(expected.GetProperty("nll_at_T").GetDouble(), fit.LogLossAfter, "log-loss after");
        if (expected.GetProperty("T").ValueKind == JsonValueKind.String)
        {
            Assert.AreEqual(TemperatureLimit.Infinity, fit.Limit);
            Assert.IsNull(fit.Temperature);
            Assert.IsNull(fit.CalibrationErrorAfter);
            Check(slope, search.At(0).Slope, "slope");
        }
        else
        {
            Assert.AreEqual(TemperatureLimit.None, fit.Limit);
            Assert.AreClose([expected.GetProperty("T").GetDouble()], [fit.Temperature!.Value], 0, "temperature", OfTemperature);
            Assert.AreEqual(0, search.At(1 / fit.Temperature.Value).Slope, 1e-12, "slope");
            Assert.AreClose(
                [expected.GetProperty("ece_15_at_T").GetDouble()], [fit.CalibrationErrorAfter!.Value], 0, "calibration error after",
                OfTemperature);
            var scaled = Metrics(logits, temperature: fit.Temperature.Value);
            Check(scaled.LogLoss, fit.LogLossAfter, "log-loss of the divided logits");
            Check(scaled.ExpectedCalibrationError, fit.CalibrationErrorAfter.Value, "calibration error of the divided logits");
        }
    }

    /// <summary>The loss that training minimizes is the mean of the heads'; that of a batch counts by its number of images here.</summary>
    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void TheOfficialEvaluationsTrueFiguresFollowFromTheHeads(string? file, string? name)
    {
        var golden = MetricsGolden.Open(file, name);
        var official = golden["official_evaluate"];
        var (conv, tran, sum) = (Metrics(golden.Logits("conv")), Metrics(golden.Logits("tran")), Metrics(golden.Logits("sum")));

        Check(official.GetProperty("true_mean_loss").GetDouble(), (conv.LogLoss + tran.LogLoss) / 2, "loss");
        Check(official.GetProperty("acc1").GetDouble(), 100 * sum.Accuracy, "accuracy");
        Check(official.GetProperty("acc1_head1").GetDouble(), 100 * conv.Accuracy, "accuracy of the first head");
        Check(official.GetProperty("acc1_head2").GetDouble(), 100 * tran.Accuracy, "accuracy of the second head");
    }

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void McNemarsTestOfTheHeadsIsTheGoldens(string? file, string? name)
    {
        var golden = MetricsGolden.Open(file, name);
        var expected = golden["agreement"];
        int[] Predicted(string head) => [.. new ScoredImages(golden.Logits(head)).Known.Select(image => image.Predicted)];

        var test = McNemarTest.Of(golden.Labels, Predicted("conv"), Predicted("tran"));

        Assert.AreEqual(expected.GetProperty("both_right").GetInt32(), test.BothRight);
        Assert.AreEqual(expected.GetProperty("only_conv_right").GetInt32(), test.OnlyFirstRight);
        Assert.AreEqual(expected.GetProperty("only_tran_right").GetInt32(), test.OnlySecondRight);
        Assert.AreEqual(expected.GetProperty("both_wrong").GetInt32(), test.BothWrong);
        Check(expected.GetProperty("mcnemar_exact_two_sided_p").GetDouble(), test.PValue, "p");
    }

    private static void CheckProbabilities(JsonElement expected, ImageClassificationMetrics metrics, double relative) => Assert.AreClose(
        ((string[])["nll", "brier", "ece_15", "mce_15", "mean_confidence", "mean_entropy"])
            .Select(name => expected.GetProperty(name).GetDouble()),
        [
            metrics.LogLoss, metrics.BrierScore, metrics.ExpectedCalibrationError, metrics.MaximumCalibrationError,
            metrics.MeanConfidence, metrics.MeanEntropy,
        ], 0, "log-loss, Brier score, calibration errors, confidence, entropy", relative);

    private static ImageClassificationMetrics Metrics(LabeledLogits logits, int binCount = 15, double temperature = 1) =>
        ImageClassificationMetrics.Of(
            new ScoredImages(logits, temperature), RandomLogits.Names(logits.ClassCount), binCount: binCount);

    private static void Check(JsonElement expected, AveragedScores scores, string what) => Check(
        ((string[])["precision", "recall", "f1"]).Select(name => expected.GetProperty(name).GetDouble()),
        [scores.Precision, scores.Recall, scores.F1], what);

    private static void Check(double expected, double actual, string what) => Check([expected], [actual], what);

    private static void Check(IEnumerable<double> expected, IEnumerable<double> actual, string what) =>
        Assert.AreClose(expected, actual, 0, what, Relative);
}
