using System.Globalization;
using Microsoft.ML.Conformer.Evaluation.Charts;

namespace Microsoft.ML.Conformer.Tests.Evaluation.Charts;

[TestClass]
public sealed class LineChartTests
{
    private static readonly ChartSeries
        _rising = new("rising", [(-3, 10), (1, 25.5), (2.25, 40)]),
        _falling = new("falling", [(0, 33), (4, 12)]);

    [TestMethod]
    public void EachPointIsWhereTheAxesSay()
    {
        var chart = Draw(new LineChart("severity", "accuracy", _rising, _falling));

        foreach (var (series, line) in ((ChartSeries[])[_rising, _falling]).Zip(chart.Lines))
        {
            Assert.HasCount(series.Points.Count, line);
            foreach (var (expected, drawn) in series.Points.Zip(line))
                AssertAt(expected, drawn);
        }
        foreach (var (expected, drawn) in _rising.Points.Concat(_falling.Points).Zip(chart.Marks))
            AssertAt(expected, drawn);
        foreach (var word in (string[])["severity", "accuracy", "rising", "falling"])
            CollectionAssert.Contains(chart.Texts.ToList(), word);
        CollectionAssert.AreEqual((string[])["-4", "-2", "0", "2", "4"], chart.XTicks.Select(tick => tick.Text).ToArray());
    }

    [TestMethod]
    public void WhatIsOutsideAGivenRangeIsCutOffAndStaysInItsPlace()
    {
        var chart = Draw(new LineChart("x", "y", _rising) { XRange = (0, 2), YRange = (20, 30) });

        foreach (var (expected, drawn) in _rising.Points.Zip(chart.Lines[0]))
            AssertAt(expected, drawn);
        var (left, right, low, high) = chart.Clip;
        foreach (var (expected, edge) in ((double[])[0, 2, 20, 30]).Zip([left, right, low, high]))
            Assert.AreEqual(expected, edge, 0.01);
    }

    [TestMethod]
    public void ManyPointsHaveNoMarks()
    {
        var chart = Draw(new LineChart("x", "y", new ChartSeries("many", [.. Enumerable.Range(0, 200).Select(i => (i / 200.0, 0.5))])));

        Assert.HasCount(200, chart.Lines[0]);
        Assert.IsEmpty(chart.Marks);
    }

    [TestMethod]
    [DataRow(0.0, 1.0, "0.0 0.2 0.4 0.6 0.8 1.0")]
    [DataRow(0.613, 0.687, "0.60 0.62 0.64 0.66 0.68 0.70")]
    [DataRow(0.0, 50_000.0, "0 10,000 20,000 30,000 40,000 50,000")]
    [DataRow(-0.3, 0.3, "-0.4 -0.2 0.0 0.2 0.4")]
    [DataRow(1e-9, 3e-9, "1E-09 1.5E-09 2E-09 2.5E-09 3E-09")]
    [DataRow(7.0, 7.0, "2 4 6 8 10 12")]
    [DataRow(0.0, 0.0, "0.0 0.2 0.4 0.6 0.8 1.0")]
    public void TicksAreRoundNumbers(double low, double high, string ticks)
    {
        var axis = new ChartAxis("", [low, high]);

        Assert.AreEqual(ticks, string.Join(' ', axis.Ticks.Select(tick => tick.Text)));
        foreach (var (value, text) in axis.Ticks)
            Assert.AreEqual(value, double.Parse(text, CultureInfo.InvariantCulture), 1e-6 * Math.Abs(value) + 1e-12);
        Assert.IsTrue(axis.PlaceOf(low) >= -1e-9 && axis.PlaceOf(high) <= 1 + 1e-9);
    }

    [TestMethod]
    public void NothingAPointOrNumbersThatAreNoneMakeAChartAllTheSame()
    {
        double[] odd = [0, -0.0, 1e-300, -1e-300, double.Epsilon, 1e12, -1e200, 1e200, double.NaN, double.PositiveInfinity];
        Assert.IsEmpty(Draw(new LineChart("x", "y")).Lines);
        Assert.IsEmpty(Draw(new LineChart("x", "y", new ChartSeries("none", []))).Lines[0]);
        foreach (var value in odd)
        {
            var one = Draw(new LineChart("x", "y", new ChartSeries("one", [(value, value)])));
            Assert.HasCount(double.IsFinite(value) ? 1 : 0, one.Lines[0]);
            foreach (var other in odd)
                Draw(new LineChart("x", "y", new ChartSeries("two", [(value, other), (other, value)])));
        }
        AssertAt((5, -2), Draw(new LineChart("x", "y", new ChartSeries("one", [(5, -2)]))).Lines[0].Single());
        AssertAt((1, 2), Draw(new LineChart("x", "y", new ChartSeries("gap", [(double.NaN, 3), (1, 2), (2, 4)]))).Lines[0][0]);
    }

    [TestMethod]
    public void NamesAreShownAndNotObeyed()
    {
        var hostile = "<img src=x onerror=1>\0\"" + new string('w', 1000);

        var svg = new LineChart(hostile, hostile, new ChartSeries(hostile, [(1, 1)])).ToSvg();

        Assert.IsFalse(svg.Contains("<img", StringComparison.Ordinal));
        Assert.IsTrue(svg.Length < 6000, $"{svg.Length}");
        Assert.AreEqual(3, new DrawnChart(svg).Texts.Count(text => text.StartsWith("<img sr", StringComparison.Ordinal)));
    }

    private static DrawnChart Draw(LineChart chart) => new(chart.ToSvg());

    private static void AssertAt((double X, double Y) expected, (double X, double Y) drawn)
    {
        Assert.AreEqual(expected.X, drawn.X, 0.01);
        Assert.AreEqual(expected.Y, drawn.Y, 0.05);
    }
}
