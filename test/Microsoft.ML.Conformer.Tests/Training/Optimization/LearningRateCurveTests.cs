using System.Globalization;
using System.Xml.Linq;
using Microsoft.ML.Conformer.Training.Optimization;

namespace Microsoft.ML.Conformer.Tests.Training.Optimization;

[TestClass]
public sealed class LearningRateCurveTests
{
    /// <summary>A step's factor of the learning rate by default: 7 powers of ten in 99 steps.</summary>
    private static readonly double _stepFactor = Math.Pow(10, 7.0 / 99);

    [TestMethod]
    public void TheLearningRateRisesExponentiallyToItsLimits()
    {
        var rates = LearningRateTest.Run(new() { Min = 1e-6, Max = 1e-2, Steps = 41 }, _ => 1).Points.Select(point => point.LearningRate);

        Assert.AreClose(Enumerable.Range(0, 41).Select(i => Math.Pow(10, -6 + 0.1 * i)), rates, 0, "rates", relative: 1e-12);
    }

    [TestMethod]
    [DataRow(1e-5)]
    [DataRow(3e-4)]
    [DataRow(1e-2)]
    public void TheSuggestionIsWhereTheLossFallsMostSteeply(double steepest)
    {
        var curve = LearningRateTest.Run(new() { Smoothing = 0 }, Falling(steepest));

        Assert.AreEqual(0, Math.Log(curve.Suggestion!.Value / steepest, _stepFactor), 1.01);
    }

    [TestMethod]
    [DataRow(0.9, 2.3)]
    [DataRow(0.98, 4)]
    public void SmoothingMovesTheSuggestionUpByNoMoreThanTheOptionsSay(double smoothing, double most)
    {
        var suggestion = LearningRateTest.Run(new() { Smoothing = smoothing }, Falling(3e-4)).Suggestion!.Value;

        Assert.IsTrue(suggestion / 3e-4 >= 1 && suggestion / 3e-4 <= most, $"{suggestion}");
    }

    [TestMethod]
    public void TheSmoothedLossIsTheWeightedMeanOfTheLossesSoFar()
    {
        var random = new Random(1);
        var points = LearningRateTest.Run(new() { Smoothing = 0.8 }, _ => 1 + random.NextDouble()).Points;

        for (var last = 0; last < points.Count; last++)
        {
            var weights = Enumerable.Range(0, last + 1).Select(i => Math.Pow(0.8, last - i)).ToList();
            var mean = weights.Zip(points, (weight, point) => weight * point.Loss).Sum() / weights.Sum();
            Assert.AreEqual(mean, points[last].SmoothedLoss, 1e-12);
        }
    }

    [TestMethod]
    public void ItEndsWhereTheSmoothedLossExceedsFourTimesItsLowest()
    {
        var steps = 0;

        var curve = LearningRateTest.Run(new() { Smoothing = 0 }, _ => ++steps switch { < 30 => 2, < 40 => 1, < 50 => 4, _ => 4.1 });

        Assert.AreEqual(50, steps);
        Assert.AreEqual(50, curve.Points.Count);
    }

    [TestMethod]
    [DataRow(double.NaN)]
    [DataRow(double.PositiveInfinity)]
    public void ItEndsBeforeALossThatIsNotFinite(double loss)
    {
        var steps = 0;

        Assert.AreEqual(29, LearningRateTest.Run(new(), _ => ++steps < 30 ? 1 : loss).Points.Count);

        Assert.AreEqual(30, steps);
        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidOperationException>(() => LearningRateTest.Run(new(), _ => loss)).Message, "starting weights");
    }

    [TestMethod]
    public void WithoutAFallThereIsNoSuggestion() => Assert.IsNull(LearningRateTest.Run(new(), rate => 1 + rate).Suggestion);

    [TestMethod]
    public void AllFaultsOfTheOptionsAreReportedAtOnce()
    {
        var error = Assert.ThrowsExactly<ArgumentException>(
            new LearningRateFinderOptions { Min = 0, Max = double.NaN, Steps = 19, Smoothing = 1 }.Check);

        foreach (var fault in new[] { "Min is 0", "Max is NaN; it must be above Min (0)", "Steps is 19", "Smoothing is 1" })
            StringAssert.Contains(error.Message, fault);
    }

    [TestMethod]
    public void ThePlotIsAnSvgImageWithTheSuggestionWhateverTheCulture()
    {
        using var folder = new TemporaryFolder();
        var curve = LearningRateTest.Run(new() { Smoothing = 0 }, Falling(3e-4));
        var culture = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("de-DE");
            curve.SaveSvg(folder.File("curve.svg"));
            curve.SaveSvg(folder.File("curve.svg"));
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }

        Assert.AreEqual(folder.File("curve.svg"), Directory.GetFiles(folder.Path).Single());
        var svg = XDocument.Load(folder.File("curve.svg")).Root!;
        Assert.AreEqual("{http://www.w3.org/2000/svg}svg", svg.Name.ToString());
        var texts = svg.Descendants().Where(e => e.Name.LocalName == "text").Select(e => e.Value).ToList();
        CollectionAssert.Contains(texts, $"suggestion {curve.Suggestion!.Value.ToString("0.0e-0", CultureInfo.InvariantCulture)}");
        CollectionAssert.IsSubsetOf(new[] { "10⁻⁷", "10⁻³", "10⁰", "learning rate" }, texts);
        foreach (var line in svg.Descendants().Where(e => e.Name.LocalName == "polyline"))
            Assert.AreEqual(curve.Points.Count, line.Attribute("points")!.Value.Split(' ').Length);
    }

    [TestMethod]
    [DataRow(1.0, DisplayName = "flat")]
    [DataRow(double.NaN, DisplayName = "a single point")]
    public void CurvesWithNothingToSeeCanBeDrawn(double second)
    {
        using var folder = new TemporaryFolder();
        var steps = 0;

        LearningRateTest.Run(new(), _ => steps++ == 0 ? 1 : second).SaveSvg(folder.File("curve.svg"));

        Assert.IsFalse(File.ReadAllText(folder.File("curve.svg")).Contains("NaN", StringComparison.Ordinal));
        XDocument.Load(folder.File("curve.svg"));
    }

    /// <summary>From 3 to 1, over about two powers of ten.</summary>
    private static Func<double, double> Falling(double steepest) => rate => 3 - 2 / (1 + Math.Pow(rate / steepest, -1.5));
}
