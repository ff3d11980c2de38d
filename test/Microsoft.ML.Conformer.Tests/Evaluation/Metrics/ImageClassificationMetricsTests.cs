using System.Text.Json;
using Microsoft.ML.Conformer.Evaluation.Metrics;

namespace Microsoft.ML.Conformer.Tests.Evaluation.Metrics;

[TestClass]
public sealed class ImageClassificationMetricsTests
{
    [TestMethod]
    public void OfEqualLogitsTheFirstClassIsPredictedAndRanksBeforeTheOthers()
    {
        var metrics = Metrics([[1, 1, 1], [1, 1, 1], [1, 1, 1]], 0, 1, 2);

        CollectionAssert.AreEqual(new[] { 3, 0, 0 }, metrics.Classes.Select(one => one.Predicted).ToArray());
        Assert.AreClose([1 / 3.0, 2 / 3.0, 1], metrics.TopKAccuracies, 1e-12, "top-k");
        Assert.AreClose([0.5, 0.5, 0.5], metrics.Classes.Select(one => one.RocAuc!.Value), 0, "areas");
    }

    [TestMethod]
    public void MinusZeroIsNoLessThanZero() => Assert.AreEqual(1, Metrics([[-0.0, 0.0]], 0).Accuracy);

    [TestMethod]
    public void TheAreaIsTheShareOfPairsInTheRightOrderTiesHalf()
    {
        var random = new Random(1);
        double[][] rows = [.. Enumerable.Range(0, 120).Select(_ => new double[4].Select(_ => random.NextDouble()).ToArray())];
        // The same logits in another image give ties of probabilities.
        rows = [.. rows, .. rows[..40]];
        int[] labels = [.. rows.Select(_ => random.Next(4))];
        var metrics = Metrics(rows, labels);
        double[][] probabilities = [.. rows.Select(row => row.Select(z => Math.Exp(z) / row.Sum(Math.Exp)).ToArray())];

        for (var index = 0; index < 4; index++)
        {
            var pairs = from one in Enumerable.Range(0, rows.Length)
                        from other in Enumerable.Range(0, rows.Length)
                        where labels[one] == index && labels[other] != index
                        let gap = probabilities[one][index] - probabilities[other][index]
                        select gap == 0 ? 0.5 : gap > 0 ? 1 : 0;
            Assert.AreEqual(pairs.Average(), metrics.Classes[index].RocAuc!.Value, 1e-12, $"class {index}");
        }
    }

    [TestMethod]
    public void HugeLogitsDoNotOverflow()
    {
        var metrics = Metrics([[1e4, -1e4, 0], [1e4, -1e4, 0]], 0, 1);

        Assert.AreEqual(1e4, metrics.LogLoss);
        Assert.AreEqual(1, metrics.BrierScore);
        Assert.AreEqual(1, metrics.MeanConfidence);
        Assert.AreEqual(0, metrics.MeanEntropy);
        Assert.AreEqual(0.5, metrics.ExpectedCalibrationError);
    }

    [TestMethod]
    public void ASingleClassLeavesAgreementAndAreasUndefined()
    {
        var metrics = Metrics([[3.0], [-2.0]], 0, 0);

        Assert.AreEqual(1, metrics.Accuracy);
        Assert.AreEqual(0, metrics.LogLoss);
        Assert.AreEqual(1, metrics.Macro.F1);
        Assert.AreEqual(1, metrics.TopKAccuracies.Single());
        Assert.IsNull(metrics.CohenKappa);
        Assert.IsNull(metrics.MatthewsCorrelation);
        Assert.IsNull(metrics.RocAucMacro);
        Assert.IsNull(metrics.RocAucWeighted);
        Assert.IsNull(metrics.Classes.Single().RocAuc);
    }

    [TestMethod]
    public void ImagesOfNoneOfTheClassesDoNotCount()
    {
        var (rows, labels) = RandomLogits.Create(2, 60, 3, unknown: 15);
        int[] known = [.. Enumerable.Range(0, labels.Length).Where(image => labels[image] >= 0)];

        Assert.AreEqual(
            JsonSerializer.Serialize(Metrics([.. known.Select(image => rows[image])], [.. known.Select(image => labels[image])])),
            JsonSerializer.Serialize(Metrics(rows, labels)));
    }

    [TestMethod]
    public void WhatIsUndefinedIsNullInJsonWhichReadsBack()
    {
        var metrics = Metrics([[1e4, 0], [0, 1e4]], 0, 0);

        var json = JsonSerializer.Serialize(metrics);

        Assert.AreEqual(json, JsonSerializer.Serialize(JsonSerializer.Deserialize<ImageClassificationMetrics>(json)));
        StringAssert.Contains(json, "\"MatthewsCorrelation\":null");
        StringAssert.Contains(json, "\"ConfusionMatrix\":[[1,1],[0,0]]");
    }

    [TestMethod]
    public void AConfidenceOnAnEdgeIsInTheLowerBin()
    {
        var reliability = new Reliability(15);

        for (var bin = 0; bin < 15; bin++)
        {
            Assert.AreEqual(Math.Max(0, bin - 1), reliability.BinOf(bin / 15.0), $"lower edge of bin {bin}");
            Assert.AreEqual(bin, reliability.BinOf(Math.BitIncrement(bin / 15.0)), $"above the lower edge of bin {bin}");
        }
        Assert.AreEqual(14, reliability.BinOf(1));
    }

    [TestMethod]
    public void NoImageOfAClassIsAnError()
    {
        var none = Assert.ThrowsExactly<ArgumentException>(() => new ScoredImages(LabeledLogits.Of<float>([], [], 5)));
        var unknown = Assert.ThrowsExactly<ArgumentException>(() => RandomLogits.Scored([[1, 2]], -1));

        StringAssert.StartsWith(none.Message, "None of 0 images is of one of the model's 5 classes");
        StringAssert.StartsWith(unknown.Message, "None of 1 images is of one of the model's 2 classes");
    }

    [TestMethod]
    public void LogitsThatDoNotFitAreRefusedByTheirImage()
    {
        static string Message(double[][] rows, params int[] labels) =>
            Assert.ThrowsExactly<ArgumentException>(() => LabeledLogits.Of(rows, labels, 2)).Message;

        StringAssert.StartsWith(Message([[1, 2]], 0, 1), "There are 1 rows of logits and 2 labels");
        StringAssert.StartsWith(Message([[1, 2], [1]], 0, 1), "Image 1 has 1 logits; expected 2");
        StringAssert.StartsWith(Message([[1, double.NaN]], 0), "Image 0 has a logit that is not a finite number");
        StringAssert.StartsWith(Message([[1, double.NegativeInfinity]], 0), "Image 0 has a logit that is not a finite number");
        StringAssert.StartsWith(Message([[1, 2]], 2), "Image 0 has the label 2; expected a class, 0-1, or -1");
        StringAssert.StartsWith(Message([[1, 2]], -2), "Image 0 has the label -2");
    }

    private static ImageClassificationMetrics Metrics(double[][] rows, params int[] labels) =>
        ImageClassificationMetrics.Of(RandomLogits.Scored(rows, labels), RandomLogits.Names(rows[0].Length));
}
