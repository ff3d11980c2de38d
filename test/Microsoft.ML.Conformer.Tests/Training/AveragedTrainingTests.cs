using Microsoft.ML.Conformer.Training;
using Microsoft.ML.Conformer.Training.Classification;

namespace Microsoft.ML.Conformer.Tests.Training;

/// <summary>A run with an average of the weights, against one without it, whose weights are averaged by hand.</summary>
[TestClass]
public sealed class AveragedTrainingTests
{
    /// <summary>What is kept in step t from 0 is (1 + t) / (10 + t) in the first three steps, and this from then on.</summary>
    private const double Decay = 0.3;

    private const int Steps = 4 * ScriptedRun.StepsPerEpoch;

    private static readonly ClassificationFigures[] _secondIsBest = [new(0.5, 1), new(0.8, 0.9), new(0.6, 0.8), new(0.7, 0.7)];

    [LeakCheckedTestMethod]
    public void TheAverageIsValidatedAndKeptAndTheNetworkTrainsOnFromItsOwnWeights()
    {
        using ScriptedRun plain = new() { Validations = _secondIsBest }, averaged = new() { Validations = _secondIsBest };
        plain.Train(ScriptedRun.Settings);

        var summary = averaged.Train(ScriptedRun.With(recipe => recipe with { WeightAverageDecay = Decay }));

        Assert.AreEqual(Steps, averaged.BeforeSteps.Count);
        for (var step = 0; step < Steps; step++)
            CollectionAssert.AreEqual(plain.BeforeSteps[step], averaged.BeforeSteps[step], $"before step {step + 1}");
        var expected = Averages([.. plain.BeforeSteps, plain.Validated[^1]]);
        for (var epoch = 1; epoch <= 4; epoch++)
            Assert.AreClose(
                expected[epoch * ScriptedRun.StepsPerEpoch], averaged.Validated[epoch - 1], 1e-6, $"validated in epoch {epoch}");
        Assert.AreEqual(2, summary.BestEpoch);
        CollectionAssert.AreEqual(averaged.Validated[1], averaged.Weights);
    }

    [LeakCheckedTestMethod]
    public void WithoutValidationTheAverageAtTheEndIsKept()
    {
        using ScriptedRun plain = new(), averaged = new();
        plain.Train(ScriptedRun.Settings);

        averaged.Train(ScriptedRun.With(recipe => recipe with { WeightAverageDecay = Decay }));

        Assert.AreClose(Averages([.. plain.BeforeSteps, plain.Weights])[^1], averaged.Weights, 1e-6, "the average");
        CollectionAssert.AreNotEqual(plain.Weights, averaged.Weights);
    }

    /// <summary>The average before the first step, after it, and so on.</summary>
    private static List<double[]> Averages(List<float[]> weights)
    {
        List<double[]> averages = [[.. weights[0].Select(value => (double)value)]];
        for (var step = 0; step < Steps; step++)
        {
            var kept = Math.Min(Decay, (1.0 + step) / (10 + step));
            averages.Add([.. averages[^1].Zip(weights[step + 1], (average, weight) => kept * average + (1 - kept) * weight)]);
        }
        return averages;
    }
}
