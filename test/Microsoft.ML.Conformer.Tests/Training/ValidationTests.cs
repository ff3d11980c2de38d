using Microsoft.ML.Conformer.Tests.Goldens;
using Microsoft.ML.Conformer.Training;
using Microsoft.ML.Conformer.Training.Classification;

namespace Microsoft.ML.Conformer.Tests.Training;

[TestClass]
public sealed class ValidationTests
{
    public static IEnumerable<object?[]> Metrics => GoldenFiles.OfKind("classification-metrics").Cases();

    [TestMethod]
    [DynamicData(nameof(Metrics))]
    public void TheMeanRecallIsThatOfTheClassesThatHaveImages(string? file)
    {
        foreach (var golden in GoldenFiles.Read(file).GetProperty("cases").EnumerateArray())
        {
            double[][] Rows(string name) =>
                [.. golden.GetProperty(name).EnumerateArray().Select(row => row.Numbers().ToArray())];
            var (conv, tran) = (Rows("logits_conv"), Rows("logits_tran"));
            Check("conv", conv);
            Check("tran", tran);
            Check("sum", [.. conv.Zip(tran, (left, right) => left.Zip(right, (x, y) => x + y).ToArray())]);

            void Check(string head, double[][] logits)
            {
                var labels = golden.GetProperty("labels").Numbers().Select(label => (long)label);
                var predictions = logits.Select(row => (long)Array.IndexOf(row, row.Max()));
                var expected = golden.GetProperty("heads").GetProperty(head).GetProperty("macro_classes_with_support")
                    .GetProperty("recall").GetDouble();
                Assert.AreEqual(
                    expected, ClassificationFigures.MeanRecall(labels, predictions), 1e-11, $"{golden.GetProperty("name")}, {head}");
            }
        }
    }

    [TestMethod]
    [DataRow(ValidationMetric.Accuracy, "b c a", DisplayName = "by accuracy, then the lower loss")]
    [DataRow(ValidationMetric.MacroAccuracy, "a c b", DisplayName = "by macro-accuracy")]
    [DataRow(ValidationMetric.Loss, "c b a", DisplayName = "by loss, the lower the better")]
    public void EachMetricHasItsOwnOrder(ValidationMetric metric, string order)
    {
        var all = new Dictionary<string, ClassificationFigures>
        {
            ["a"] = new(0.5, 3) { MacroAccuracy = 0.9 },
            ["b"] = new(0.8, 2) { MacroAccuracy = 0.4 },
            ["c"] = new(0.7, 1) { MacroAccuracy = 0.6 },
        };
        var names = order.Split(' ');

        for (var i = 0; i < names.Length; i++)
            for (var j = 0; j < names.Length; j++)
                Assert.AreEqual(i < j, IsBetter(all[names[i]], all[names[j]], metric), $"{names[i]} and {names[j]}");
    }

    [TestMethod]
    [DataRow(ValidationMetric.Accuracy)]
    [DataRow(ValidationMetric.MacroAccuracy)]
    public void OfEqualAccuraciesTheLowerLossIsBetter(ValidationMetric metric)
    {
        var low = new ClassificationFigures(0.5, 1) { MacroAccuracy = 0.5 };
        var high = low with { Loss = 2 };

        Assert.IsTrue(IsBetter(low, high, metric));
        Assert.IsFalse(IsBetter(high, low, metric));
    }

    [TestMethod]
    [DataRow(ValidationMetric.Accuracy)]
    [DataRow(ValidationMetric.MacroAccuracy)]
    [DataRow(ValidationMetric.Loss)]
    public void WhatIsNotFiniteIsNeverBetter(ValidationMetric metric)
    {
        var bad = new ClassificationFigures(1, double.NaN) { MacroAccuracy = 1 };

        Assert.IsFalse(IsBetter(bad, null, metric));
        Assert.IsFalse(IsBetter(bad, new(0, 9), metric));
        Assert.IsFalse(IsBetter(new(1, double.NegativeInfinity), new(0, 9), metric));
    }

    private static bool IsBetter(ClassificationFigures one, ClassificationFigures? other, ValidationMetric by) =>
        one.ToValidation(by).IsBetterThan(other?.ToValidation(by));
}
