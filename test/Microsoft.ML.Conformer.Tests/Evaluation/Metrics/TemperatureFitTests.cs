using System.Collections;
using System.Text.Json;
using Microsoft.ML.Conformer.Evaluation.Metrics;

namespace Microsoft.ML.Conformer.Tests.Evaluation.Metrics;

[TestClass]
public sealed class TemperatureFitTests
{
    /// <summary>The other way: golden-section search of the log-loss itself over the temperature's logarithm.</summary>
    [TestMethod]
    [DataRow(1e-4)]
    [DataRow(0.3)]
    [DataRow(1.0)]
    [DataRow(5e3)]
    public void NoOtherTemperatureHasALowerLogLoss(double scale)
    {
        var (rows, labels) = RandomLogits.Create(7, 200, 4, unknown: 20);
        var logits = RandomLogits.Of([.. rows.Select(row => row.Select(logit => logit * scale).ToArray())], labels);
        double LogLoss(double log) => new ScoredImages(logits, Math.Exp(log)).Known.Average(image => image.LogLoss);

        var fit = TemperatureFit.To(new ScoredImages(logits));

        var (low, high, ratio) = (Math.Log(scale) - 5, Math.Log(scale) + 5, (Math.Sqrt(5) - 1) / 2);
        while (high - low > 1e-7)
        {
            var (left, right) = (high - ratio * (high - low), low + ratio * (high - low));
            (low, high) = LogLoss(left) < LogLoss(right) ? (low, right) : (left, high);
        }
        Assert.AreEqual(low, Math.Log(fit.Temperature!.Value), 1e-6);
        Assert.AreEqual(LogLoss(low), fit.LogLossAfter, 1e-12);
    }

    /// <summary>A pass over 50,000 images of 1,000 classes takes about a second; Newton's method needs few.</summary>
    [TestMethod]
    [DataRow(5)]
    [DataRow(28)]
    [DataRow(52)]
    public void FewPassesOverTheLogitsAreEnough(int seed)
    {
        var (rows, labels) = RandomLogits.Create(seed, 200, 4);
        var (read, passes) = (0, 8);
        var counted = new CountedRows(rows, () => read++);
        var search = new TemperatureSearch(new ScoredImages(LabeledLogits.Of(counted, labels, 4)));
        read = 0;

        search.Find();

        Assert.IsTrue(read <= passes * rows.Length, $"{read / rows.Length} passes");
    }

    [TestMethod]
    public void ASingleWrongImageAmongManyKeepsTheTemperatureAboveZero()
    {
        var logits = RandomLogits.Of([.. Enumerable.Repeat(new[] { 1.0, 0 }, 10_000), [0, 1e-3]], new int[10_001]);

        var fit = TemperatureFit.To(new ScoredImages(logits));

        // 10,000 / (1 + exp(s)) = 0.001 / (1 + exp(-s / 1000))
        var inverse = 1 / fit.Temperature!.Value;
        Assert.AreEqual(TemperatureLimit.None, fit.Limit);
        Assert.AreClose([0.001 / (1 + Math.Exp(-inverse / 1000))], [10_000 / (1 + Math.Exp(inverse))], 0, "slopes", 1e-9);
    }

    [TestMethod]
    public void WhereAllIsRightTheTemperatureGoesToZero()
    {
        var fit = TemperatureFit.To(RandomLogits.Scored([[2, 1, 0], [0, 3, 0], [1, 0, 1]], 0, 1, 0));

        Assert.AreEqual(TemperatureLimit.Zero, fit.Limit);
        Assert.IsNull(fit.Temperature);
        Assert.IsNull(fit.CalibrationErrorAfter);
        Assert.AreEqual(Math.Log(2) / 3, fit.LogLossAfter, 1e-12);
        StringAssert.Contains(JsonSerializer.Serialize(fit), "\"Limit\":\"Zero\"");
    }

    [TestMethod]
    public void WhereLogitsSayNothingTheTemperatureIsInfinite()
    {
        var equal = TemperatureFit.To(RandomLogits.Scored([[0.1, 0.1, 0.1], [7.3, 7.3, 7.3]], 0, 1));
        var single = TemperatureFit.To(RandomLogits.Scored([[4.0]], 0));

        Assert.AreEqual(TemperatureLimit.Infinity, equal.Limit);
        Assert.AreEqual(Math.Log(3), equal.LogLossAfter, 1e-12);
        Assert.AreEqual(TemperatureLimit.Infinity, single.Limit);
        Assert.AreEqual(0, single.LogLossAfter);
    }

    [TestMethod]
    [DataRow(0.0)]
    [DataRow(-1.0)]
    [DataRow(double.NaN)]
    public void ATemperatureThatIsNotAboveZeroIsRefused(double temperature) =>
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new ScoredImages(RandomLogits.Of([[1, 2]], 0), temperature));

    private sealed class CountedRows(double[][] rows, Action read) : IReadOnlyList<double[]>
    {
        public int Count => rows.Length;

        public double[] this[int index]
        {
            get
            {
                read();
                return rows[index];
            }
        }

        public IEnumerator<double[]> GetEnumerator() => rows.AsEnumerable().GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
