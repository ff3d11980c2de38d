using Microsoft.ML.Conformer.Training;
using Microsoft.ML.Conformer.Training.Checkpoints;
using Microsoft.ML.Conformer.Training.Classification;

namespace Microsoft.ML.Conformer.Tests.Training;

/// <summary>A run that ends where validation becomes no better.</summary>
[TestClass]
public sealed class EarlyStoppingTests
{
    private static readonly ClassificationFigures[] _secondIsBest =
        [new(0.5, 1), new(0.8, 0.9), new(0.6, 0.8), new(0.7, 0.7), new(0.9, 0.1), new(0.9, 0.1)];

    [LeakCheckedTestMethod]
    [DataRow(1, 3, DisplayName = "the first that is no better")]
    [DataRow(2, 4, DisplayName = "the second in a row")]
    public void TrainingEndsAfterAsManyEpochsThatAreNoBetterAsItHasPatience(int patience, int epochs)
    {
        using var run = new ScriptedRun { Validations = _secondIsBest };

        var summary = run.Train(Settings(6, patience));

        Assert.AreEqual((TrainingEnd.StoppedEarly, 2), (summary.End, summary.BestEpoch));
        Assert.AreEqual(epochs, summary.Validations.Count);
        Assert.AreEqual(epochs * ScriptedRun.StepsPerEpoch, run.BeforeSteps.Count);
        CollectionAssert.AreEqual(run.Validated[1], run.Weights);
        Assert.IsFalse(run.Network.training);
    }

    [LeakCheckedTestMethod]
    [DataRow(3, 6, 5)]
    [DataRow(null, 6, 5)]
    [DataRow(2, 4, 2, DisplayName = "that of the last epoch ends nothing")]
    public void WithEnoughPatienceTrainingIsCompleted(int? patience, int epochs, int best)
    {
        using var run = new ScriptedRun { Validations = _secondIsBest };

        var summary = run.Train(Settings(epochs, patience));

        Assert.AreEqual((TrainingEnd.Completed, best), (summary.End, summary.BestEpoch));
        Assert.AreEqual(epochs, summary.Validations.Count);
    }

    [LeakCheckedTestMethod]
    [DataRow(ValidationMetric.Accuracy, 2, 3)]
    [DataRow(ValidationMetric.MacroAccuracy, 1, 2)]
    [DataRow(ValidationMetric.Loss, 3, 4)]
    public void TheMetricDecidesWhichEpochIsBetter(ValidationMetric metric, int best, int epochs)
    {
        using var run = new ScriptedRun
        {
            Validations =
            [
                new(0.5, 3) { MacroAccuracy = 0.9 }, new(0.8, 2) { MacroAccuracy = 0.4 }, new(0.7, 1) { MacroAccuracy = 0.6 },
                new(0.6, 4) { MacroAccuracy = 0.5 },
            ],
            BestBy = metric,
        };

        var summary = run.Train(ScriptedRun.Settings with { Patience = 1 });

        Assert.AreEqual(best, summary.BestEpoch);
        Assert.AreEqual(epochs, summary.Validations.Count);
        CollectionAssert.AreEqual(run.Validated[best - 1], run.Weights);
    }

    /// <summary>The layers join in one epoch, the last of those of the heads alone being the second or the fourth.</summary>
    [LeakCheckedTestMethod]
    [DataRow(Freezing.Gradual, 2, 1, 3)]
    [DataRow(Freezing.Gradual, 4, 1, 5)]
    [DataRow(Freezing.Gradual, 2, 2, 4)]
    [DataRow(Freezing.Backbone, 1, 1, 2, DisplayName = "nothing is to join")]
    public void PatienceBeginsWithTheEpochInWhichTheWholeNetworkIsTrained(Freezing freeze, int headEpochs, int patience, int epochs)
    {
        using var run = new ScriptedRun { Validations = [new(0.9, 0.1), .. Enumerable.Repeat(new ClassificationFigures(0.5, 1), 5)] };
        var settings = Settings(6, patience);

        var summary = run.Train(settings with
        {
            Step = settings.Step with { Transfer = new() { Freeze = freeze, HeadEpochs = headEpochs, UnfreezingEpochs = 1 } },
        });

        Assert.AreEqual((TrainingEnd.StoppedEarly, 1), (summary.End, summary.BestEpoch));
        Assert.AreEqual(epochs, summary.Validations.Count);
    }

    [LeakCheckedTestMethod]
    public void EpochsThatAreNotFiniteWearPatienceOutToo()
    {
        using var run = new ScriptedRun { Validations = [.. Enumerable.Repeat(new ClassificationFigures(0.5, double.NaN), 4)] };

        Assert.ThrowsExactly<TrainingDivergedException>(() => run.Train(ScriptedRun.Settings with { Patience = 2 }));

        Assert.AreEqual(2, run.Validated.Count);
    }

    [LeakCheckedTestMethod]
    public void WithoutValidationPatienceHasNoMeaning()
    {
        using var run = new ScriptedRun();

        Assert.AreEqual(TrainingEnd.Completed, run.Train(ScriptedRun.Settings with { Patience = 1 }).End);
    }

    [LeakCheckedTestMethod]
    [DataRow(3, DisplayName = "canceled in the second epoch")]
    [DataRow(6, DisplayName = "canceled in the third, which is no better")]
    [DataRow(8, DisplayName = "canceled in the one that is to be the last")]
    public void AResumedRunEndsAtTheSameEpochWithTheSameWeights(int cancelAt)
    {
        var settings = Settings(6, 2);
        using var folder = new TemporaryFolder();
        using var whole = new ScriptedRun { Validations = _secondIsBest };
        var expected = whole.Train(settings);
        using (var checkpoints = new CheckpointFolder(new() { Folder = folder.Path, EverySteps = 1 }))
        using (var canceled = new ScriptedRun
        {
            Validations = _secondIsBest,
            CancelAt = cancelAt,
            Checkpoints = new(checkpoints, new Dictionary<string, string>(), Assert.Fail),
        })
            Assert.ThrowsExactly<OperationCanceledException>(() => canceled.Train(settings));

        // The second time only the last validation is left to do: checkpoints are written before it.
        foreach (var validated in (int[])[(cancelAt - 1) / ScriptedRun.StepsPerEpoch, 3])
        {
            using var checkpoints = new CheckpointFolder(new() { Folder = folder.Path, EverySteps = 1, Resume = true });
            using var resumed = new ScriptedRun
            {
                Validations = _secondIsBest[validated..],
                Checkpoints = new(checkpoints, new Dictionary<string, string>(), Assert.Fail),
            };
            var summary = resumed.Train(settings);

            Assert.AreEqual((expected.End, expected.BestEpoch), (summary.End, summary.BestEpoch));
            CollectionAssert.AreEqual(Accuracies(expected), Accuracies(summary));
            CollectionAssert.AreEqual(whole.Weights, resumed.Weights);
            Assert.AreEqual(4 - validated, resumed.Validated.Count);
        }
    }

    private static TrainingSettings Settings(int epochs, int? patience) =>
        ScriptedRun.With(recipe => recipe with { Epochs = epochs }) with { Patience = patience };

    private static double[] Accuracies(TrainingResult run) => [.. run.Validations.Select(epoch => epoch["accuracy"])];
}
