using Microsoft.ML.Conformer.Evaluation.Metrics;
using Microsoft.ML.Conformer.Evaluation.Reports;

namespace Microsoft.ML.Conformer.Tests.Evaluation.Reports;

[TestClass]
public sealed class MetricWordsTests
{
    [TestMethod]
    [DataRow(5, 6, "probability 1.000 (McNemar's exact test): these images do not tell which branch is better.")]
    [DataRow(12, 2, "probability 0.013 (McNemar's exact test): conv is better.")] // 2 * (1 + 14 + 91) / 2^14
    [DataRow(0, 100, "probability below 0.001 (McNemar's exact test): tran is better.")]
    public void TheBetterBranchIsNamedWhereTheImagesTell(int onlyConv, int onlyTran, string end)
    {
        int[] labels = [.. Enumerable.Repeat(0, onlyConv + onlyTran)];
        int[] conv = [.. labels.Select((_, image) => image < onlyConv ? 0 : 1)];

        StringAssert.EndsWith(MetricWords.Of(McNemarTest.Of(labels, conv, [.. conv.Select(index => 1 - index)]), "conv", "tran"), end);
    }

    [TestMethod]
    [DataRow(4.0, "too sure of itself")]
    [DataRow(0.25, "not sure enough")]
    public void ATemperatureSaysHowSureTheNetworkIs(double scale, string words)
    {
        // Three of four images are right; the temperature is 1 where the logits differ by ln 3.
        var logit = scale * Math.Log(3);
        var fit = TemperatureFit.To(new ScoredImages(
            LabeledLogits.Of<double>([[logit, 0], [logit, 0], [logit, 0], [logit, 0]], [0, 0, 0, 1], 2)));

        StringAssert.Contains(MetricWords.Of(fit), words);
        StringAssert.Contains(MetricWords.Of(fit), $"a temperature of {FigureText.Number(scale)}");
        StringAssert.Contains(MetricWords.Of(fit), "fitted to these images");
    }

    [TestMethod]
    public void WhereNoTemperatureIsTheBestTheReasonIsTold()
    {
        var right = TemperatureFit.To(new ScoredImages(LabeledLogits.Of<double>([[1, 0], [0, 1]], [0, 1], 2)));
        var wrong = TemperatureFit.To(new ScoredImages(LabeledLogits.Of<double>([[1, 0], [0, 1]], [1, 0], 2)));

        StringAssert.Contains(MetricWords.Of(right), "no image is predicted wrong");
        StringAssert.Contains(MetricWords.Of(wrong), "no better than guessing");
    }

    [TestMethod]
    public void AThresholdSaysWhatItCosts()
    {
        Assert.AreEqual("no threshold is enough", MetricWords.Of((RejectionPoint?)null));
        Assert.AreEqual("no threshold is needed: 97.5 % of all are right", MetricWords.Of(new RejectionPoint(0, 1, 0.975, null)));
        Assert.AreEqual(
            "0.612 accepts 81.25 %, of which 95 % are right", MetricWords.Of(new RejectionPoint(0.6123, 0.8125, 0.95, null)));
    }

    [TestMethod]
    [DataRow(0.69049, "0.690")]
    [DataRow(-0.05, "-0.050")]
    [DataRow(-0.0, "0.000")]
    [DataRow(-0.0004, "0.000")]
    [DataRow(-0.0006, "-0.001")]
    [DataRow(double.NaN, "NaN")]
    [DataRow(9.9996, "10.00")]
    [DataRow(99.996, "100.0")]
    [DataRow(99_999.4, "99999")]
    [DataRow(123_456.0, "1E+5")]
    [DataRow(0.0, "0.000")]
    public void NumbersAreShort(double value, string text) => Assert.AreEqual(text, FigureText.Number(value));
}
