using Microsoft.ML.Conformer.Training;
using Microsoft.ML.Conformer.Training.Classification;

namespace Microsoft.ML.Conformer.Tests.Training;

/// <summary>What becomes of a run that is canceled or diverges.</summary>
[TestClass]
public sealed class EarlyEndTests
{
    private static readonly ClassificationFigures[] _secondIsBest = [new(0.5, 1), new(0.8, 0.9), new(0.6, 0.8), new(0.7, 0.7)];
    private static readonly TrainingSettings _bestOnCancel = ScriptedRun.Settings with { OnCancel = EarlyEnd.ReturnBest };
    private static readonly TrainingSettings _bestOnDivergence = ScriptedRun.Settings with { OnDivergence = EarlyEnd.ReturnBest };

    [LeakCheckedTestMethod]
    [DataRow(null)]
    [DataRow(0.5)]
    public void ACanceledRunGivesTheBestEpochsWeightsWhereTheyAreAskedFor(double? average)
    {
        using var run = new ScriptedRun { Validations = _secondIsBest, CancelAt = 7 };

        var summary = run.Train(_bestOnCancel with { WeightAverageDecay = average });

        Assert.AreEqual((TrainingEnd.Canceled, 2), (summary.End, summary.BestEpoch));
        CollectionAssert.AreEqual(new[] { 0.5, 0.8, 0.6 }, Accuracies(summary));
        Assert.AreEqual(7, run.BeforeSteps.Count, "the step that was begun is the last");
        CollectionAssert.AreEqual(run.Validated[1], run.Weights);
        Assert.IsFalse(run.Network.training);
        CollectionAssert.AreEqual(
            new[] { "Training was canceled in epoch 4 of 4; the model has the weights of epoch 2, the best so far." }, run.Warnings);
    }

    /// <summary>The average is in the network while it is validated.</summary>
    [LeakCheckedTestMethod]
    [DataRow(null)]
    [DataRow(0.5)]
    public void ARunCanceledDuringAValidationGivesTheBestWeightsOfThoseThatEnded(double? average)
    {
        using var run = new ScriptedRun { Validations = _secondIsBest, CanceledValidation = 3 };

        var summary = run.Train(_bestOnCancel with { WeightAverageDecay = average });

        Assert.AreEqual((TrainingEnd.Canceled, 2), (summary.End, summary.BestEpoch));
        Assert.AreEqual(2, summary.Validations.Count);
        CollectionAssert.AreEqual(run.Validated[1], run.Weights);
    }

    [LeakCheckedTestMethod]
    public void ACanceledRunWithoutValidationGivesTheWeightsSoFar()
    {
        using var whole = new ScriptedRun();
        whole.Train(_bestOnCancel);
        using var run = new ScriptedRun { CancelAt = 3 };

        var summary = run.Train(_bestOnCancel);

        Assert.AreEqual((TrainingEnd.Canceled, 2), (summary.End, summary.BestEpoch));
        CollectionAssert.AreEqual(whole.BeforeSteps[3], run.Weights);
        CollectionAssert.AreEqual(
            new[] { "Training was canceled in epoch 2 of 4; the model has the weights so far." }, run.Warnings);
    }

    [LeakCheckedTestMethod]
    [DataRow(EarlyEnd.Throw, 7, true, DisplayName = "where that is asked for")]
    [DataRow(EarlyEnd.ReturnBest, 1, true, DisplayName = "before the first epoch is validated")]
    [DataRow(EarlyEnd.ReturnBest, 0, true, DisplayName = "before the first step")]
    [DataRow(EarlyEnd.ReturnBest, 0, false, DisplayName = "before the first step, without validation")]
    public void ACanceledRunThrows(EarlyEnd onCancel, int step, bool isValidated)
    {
        using var run = new ScriptedRun { Validations = isValidated ? _secondIsBest : [], CancelAt = step };

        Assert.ThrowsExactly<OperationCanceledException>(() => run.Train(ScriptedRun.Settings with { OnCancel = onCancel }));

        Assert.AreEqual(step, run.BeforeSteps.Count);
        Assert.AreEqual(0, run.Warnings.Count);
    }

    [LeakCheckedTestMethod]
    public void ARunThatIsNotCanceledIsComplete()
    {
        using var run = new ScriptedRun { Validations = _secondIsBest };

        Assert.AreEqual(TrainingEnd.Completed, run.Train(_bestOnCancel with { OnDivergence = EarlyEnd.ReturnBest }).End);

        Assert.AreEqual(0, run.Warnings.Count);
    }

    [LeakCheckedTestMethod]
    [DataRow(null)]
    [DataRow(0.5)]
    public void ADivergedRunGivesTheBestEpochsWeightsWhereTheyAreAskedFor(double? average)
    {
        using var run = new ScriptedRun { Validations = _secondIsBest, FirstNaN = 6 };

        var summary = run.Train(_bestOnDivergence with { WeightAverageDecay = average });

        Assert.AreEqual((TrainingEnd.Diverged, 2), (summary.End, summary.BestEpoch));
        CollectionAssert.AreEqual(run.Validated[1], run.Weights);
        foreach (var (name, tensor) in run.Network.state_dict())
            Assert.IsTrue(tensor.Values().All(float.IsFinite), name);
        StringAssert.Matches(run.Warnings.Single(), new(
            "^The training loss is NaN in step 2 of 2 of epoch 3, .* Training ends here; " +
            "the model has the weights of epoch 2, the best so far\\.$"));
    }

    [LeakCheckedTestMethod]
    [DataRow(EarlyEnd.Throw, 6, true, DisplayName = "where that is asked for")]
    [DataRow(EarlyEnd.ReturnBest, 2, true, DisplayName = "before the first epoch is validated")]
    [DataRow(EarlyEnd.ReturnBest, 6, false, DisplayName = "without validation")]
    public void ADivergedRunThrows(EarlyEnd onDivergence, int step, bool isValidated)
    {
        using var run = new ScriptedRun { Validations = isValidated ? _secondIsBest : [], FirstNaN = step };

        var error = Assert.ThrowsExactly<TrainingDivergedException>(
            () => run.Train(ScriptedRun.Settings with { OnDivergence = onDivergence }));

        Assert.AreEqual(((step + 1) / 2, 2), (error.Epoch, error.Step));
    }

    [LeakCheckedTestMethod]
    [DataRow(2, "image 0, image 1.")]
    [DataRow(32, "image 30, image 31.")]
    [DataRow(33, "image 30, image 31 and 1 more.")]
    [DataRow(40, "image 30, image 31 and 8 more.")]
    public void ADivergencesErrorSaysWhereItHappenedAndWithWhichImages(int batchSize, string end)
    {
        using var run = new ScriptedRun { FirstNaN = 2 };

        var error = Assert.ThrowsExactly<TrainingDivergedException>(() => run.Train(ScriptedRun.Settings, batchSize));

        Assert.AreEqual((1, 2), (error.Epoch, error.Step));
        Assert.AreEqual(5e-4, error.LearningRate, 1e-12, "half of the warm-up's way");
        StringAssert.StartsWith(
            error.Message, "The training loss is NaN in step 2 of 2 of epoch 1, at a learning rate of 5e-4: training diverged. " +
            "Lower LearningRate, lengthen WarmupEpochs or set MaxGradientNorm. The batch: image 0, image 1");
        StringAssert.EndsWith(error.Message, end);
    }

    [LeakCheckedTestMethod]
    public void AnEpochWhoseValidationIsNotFiniteIsNeverTheBestAndIsWarnedOf()
    {
        using var run = new ScriptedRun
        {
            Validations = [new(1, double.NaN), new(0.3, 2), new(0.9, double.PositiveInfinity), new(double.NaN, 1)],
        };

        var summary = run.Train(ScriptedRun.Settings);

        Assert.AreEqual((TrainingEnd.Completed, 2), (summary.End, summary.BestEpoch));
        CollectionAssert.AreEqual(run.Validated[1], run.Weights);
        CollectionAssert.AreEqual(
            new[] { 1, 3, 4 }, run.Warnings.Select(warning => int.Parse(warning.Split("epoch ")[1][..1])).ToArray());
        StringAssert.Contains(run.Warnings[0], "its weights are not kept");
    }

    [LeakCheckedTestMethod]
    [DataRow(EarlyEnd.Throw)]
    [DataRow(EarlyEnd.ReturnBest)]
    public void WhereNoEpochsValidationIsFiniteTrainingDiverged(EarlyEnd onDivergence)
    {
        using var run = new ScriptedRun { Validations = [.. Enumerable.Repeat(new ClassificationFigures(0.5, double.NaN), 4)] };

        var error = Assert.ThrowsExactly<TrainingDivergedException>(
            () => run.Train(ScriptedRun.Settings with { OnDivergence = onDivergence }));

        StringAssert.Contains(error.Message, "No epoch's validation gave finite figures");
        Assert.AreEqual(4, run.Warnings.Count);
    }

    private static double[] Accuracies(TrainingResult run) => [.. run.Validations.Select(epoch => epoch["accuracy"])];
}
