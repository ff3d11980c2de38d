using Microsoft.ML.Conformer.Augmentation;
using Microsoft.ML.Conformer.Batches;
using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Conformer.Torch;
using Microsoft.ML.Conformer.Training;
using Microsoft.ML.Conformer.Training.Classification;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Tests.Training;

/// <summary>What training takes, it gives back. Memory and tensors are the process's, so that no test may run beside.</summary>
[TestClass]
[DoNotParallelize]
public sealed class TrainingLoopTests
{
    /// <summary>Room for what the process compiles and caches by and by; a leak of 20 KB for each step exceeds it.</summary>
    private const long AllowedGrowth = 10_000_000;

    private static readonly TrainingSettings _settings = ScriptedRun.With(recipe => recipe with { Epochs = 3 });

    [LeakCheckedTestMethod]
    public void AThousandStepsWithTheirValidationsLeaveMemoryAndTensorCountFlat()
    {
        const int Epochs = 20, Steps = 50;
        var (memory, tensors) = (new List<long>(), new List<long>());

        Train(ScriptedRun.With(recipe => recipe with { Epochs = Epochs }), new SameImages(Steps), new SameImages(2), progress =>
        {
            if (!progress.EpochEnded)
                return;
            memory.Add(ResidentMemory.Bytes()); // first, since it collects what is garbage
            tensors.Add(Tensor.TotalCount);
        });

        Assert.AreEqual(Epochs, memory.Count);
        Assert.AreEqual(tensors[1], tensors[^1], $"tensors alive after each epoch: {string.Join(" ", tensors)}");
        ResidentMemory.AssertFlat(memory, AllowedGrowth);
    }

    [LeakCheckedTestMethod]
    public void ALossThatIsNotFiniteEndsTrainingWithTheEpochAndTheRemedy()
    {
        var error = Assert.ThrowsExactly<TrainingDivergedException>(
            () => Train(ScriptedRun.With(recipe => recipe with { LearningRate = 1e30, WarmupEpochs = 0 }), new SameImages(3)));

        StringAssert.Matches(error.Message, new(
            @"^The training loss is (NaN|∞|-∞) in step 2 of 3 of epoch 1, at a learning rate of .*e\+29: .*LearningRate.*image 0, image 1"));
    }

    /// <summary>
    /// Variances of such images are beyond fp32, but the batch is normalized by them in more precision: its loss is finite.
    /// </summary>
    [LeakCheckedTestMethod]
    public void ARunningStatisticThatIsNotFiniteEndsTrainingThoughTheLossIsFinite()
    {
        var error = Assert.ThrowsExactly<TrainingDivergedException>(
            () => Train(_settings, new SameImages(1, brightness: 1e25f)));

        StringAssert.Matches(error.Message, new(@"^bn1\.running_var is not finite in step 1 of 1 of epoch 1, .*LearningRate"));
    }

    [LeakCheckedTestMethod]
    [DataRow(new[] { 0.5, 0.8, 0.8, 0.7 }, new[] { 1.0, 0.9, 0.9, 0.1 }, 2, DisplayName = "a tie keeps the earlier epoch")]
    [DataRow(new[] { 0.5, 0.8, 0.8, 0.7 }, new[] { 1.0, 0.9, 0.8, 0.1 }, 3, DisplayName = "of the same accuracy the lower loss")]
    [DataRow(new[] { 0.5, 0.8, 0.7, 0.9 }, new[] { 1.0, 0.9, 0.8, 5.0 }, 4, DisplayName = "a higher accuracy whatever the loss")]
    [DataRow(new[] { 0.5, 0.5, 0.5, 0.5 }, new[] { 1.0, double.NaN, 1.5, 1.0 }, 1, DisplayName = "never a loss that is not a number")]
    public void TheWeightsOfTheBestEpochAreKept(double[] accuracies, double[] losses, int best)
    {
        var (bestSoFar, weights) = (new List<int>(), new List<float[]>());
        using var network = new ConformerNetwork(ScoringModel.Architecture, seed: 1);
        var task = new ScriptedTask(new ClassificationTask(network, 0.1))
        {
            Validations = epoch =>
                new ClassificationFigures(accuracies[epoch - 1], losses[epoch - 1]).ToValidation(ValidationMetric.Accuracy),
        };

        var summary = TrainingLoop.Run(task, ScriptedRun.Settings, new SameImages(2), new SameImages(1), new TrainingHost
        {
            Clock = new ManualClock(),
            Report = (progress, _) =>
            {
                if (!progress.EpochEnded)
                    return;
                weights.Add(Weights());
                if (progress.IsBest)
                    bestSoFar.Add(progress.Epoch);
            },
        }, CancellationToken.None);

        Assert.AreEqual(best, summary.BestEpoch);
        Assert.AreEqual(best, bestSoFar[^1]);
        CollectionAssert.AreEqual(accuracies, summary.Validations.Select(epoch => epoch["accuracy"]).ToArray());
        CollectionAssert.AreEqual(weights[best - 1], Weights());
        Assert.AreEqual(4, weights.Distinct(new SameValues()).Count(), "each epoch has weights of its own");

        float[] Weights()
        {
            using var scope = NewDisposeScope();
            return network.get_parameter("conv_cls_head.weight")!.detach().data<float>().ToArray();
        }
    }

    [LeakCheckedTestMethod]
    public void TheRemainingTimeIsExactWhereEveryStepTakesTheSame()
    {
        var clock = new ManualClock();
        var reports = new List<TrainingProgress>();

        var summary = Train(_settings, new SameImages(4, clock: clock), null, reports.Add, clock);

        // A report for each of the 4 steps, and one more at the end of each epoch.
        CollectionAssert.AreEqual(
            new[] { 1, 2, 3, 4, 4, 5, 6, 7, 8, 8, 9, 10, 11, 12, 12 },
            reports.Select(report => (int)report.Elapsed.TotalSeconds).ToArray());
        foreach (var report in reports)
        {
            Assert.AreEqual(12, (report.Elapsed + report.Remaining).TotalSeconds, 1e-5, $"{report}");
            Assert.AreEqual(2, report.ImagesPerSecond, 1e-5, $"{report}");
        }
        Assert.AreEqual(TimeSpan.Zero, reports[^1].Remaining);
        Assert.AreEqual(500, summary.MillisecondsPerImage, 1e-3);
    }

    [LeakCheckedTestMethod]
    public void TheRemainingTimeCountsValidationsAndTheSpeedDoesNot()
    {
        var clock = new ManualClock();
        var reports = new List<TrainingProgress>();

        var summary = Train(_settings, new SameImages(4, clock: clock), new SameImages(2, clock: clock), reports.Add, clock);

        var ends = reports.Where(report => report.EpochEnded).ToList();
        CollectionAssert.AreEqual(new[] { 6, 12, 18 }, ends.Select(report => (int)report.Elapsed.TotalSeconds).ToArray());
        foreach (var end in ends)
            Assert.AreEqual(18, (end.Elapsed + end.Remaining).TotalSeconds, 1e-5, $"{end}");
        var longest = 1.01 * ends[^1].Elapsed;
        Assert.IsTrue(reports.All(report => report.Remaining >= TimeSpan.Zero && report.Elapsed + report.Remaining <= longest));
        Assert.IsTrue(reports.All(report => Math.Abs(report.ImagesPerSecond - 2) < 1e-5));
        Assert.AreEqual(500, summary.MillisecondsPerImage, 1e-3);
    }

    [LeakCheckedTestMethod]
    public void WithoutValidationEachEpochsWeightsAreKeptAndAFullDiskCostsNone()
    {
        var kept = 0;
        using var run = new ScriptedRun
        {
            KeepBest = () => throw new IOException(++kept == 2 ? "No space left on device" : "No space"),
        };

        var summary = run.Train(ScriptedRun.Settings);

        Assert.AreEqual(TrainingEnd.Completed, summary.End);
        Assert.AreEqual(4, kept);
        CollectionAssert.Contains(run.Warnings, "No space left on device");
    }

    [LeakCheckedTestMethod]
    public void ABatchAugmentationsImagesAndTargetsAreTrainedOn()
    {
        using var plain = Trained(null);
        using var whole = Trained(new FixedMix(share: 1));
        using var half = Trained(new FixedMix(share: 0.5));

        Assert.AreEqual(0, Difference(plain, whole), 1e-5, "of an image's own share of 1");
        Assert.IsTrue(Difference(plain, half) > 1e-3, "of half an image of the other class");

        static ConformerNetwork Trained(IBatchAugmentation? augmentation)
        {
            var network = new ConformerNetwork(ScoringModel.Architecture, seed: 1);
            var settings = ScriptedRun.With(recipe => recipe with { Epochs = 1 }) with { BatchAugmentation = augmentation };
            TrainingLoop.Run(
                new ClassificationTask(network, 0.1), settings, new SameImages(3), null, new TrainingHost(), CancellationToken.None);
            return network;
        }

        static double Difference(ConformerNetwork left, ConformerNetwork right)
        {
            using var scope = NewDisposeScope();
            return (left.get_parameter("conv_cls_head.weight")! - right.get_parameter("conv_cls_head.weight")!).abs().max().ToDouble();
        }
    }

    private static TrainingResult Train(
        TrainingSettings settings, IBatchSource training, IBatchSource? validation = null, Action<TrainingProgress>? report = null,
        TimeProvider? clock = null)
    {
        // One thread: on so small a network, waiting for a second one on a busy machine takes longer than the work.
        using var threads = TorchRuntime.UseThreads(1);
        using var network = new ConformerNetwork(ScoringModel.Architecture, dropPath: 0.1, seed: 1);
        return TrainingLoop.Run(
            new ClassificationTask(network, labelSmoothing: 0.1), settings, training, validation,
            new TrainingHost { Report = (progress, _) => report?.Invoke(progress), Clock = clock ?? TimeProvider.System },
            CancellationToken.None);
    }

    /// <summary>Blends each batch with itself in reverse, in the order in which batches should come.</summary>
    private sealed class FixedMix(double share) : IBatchAugmentation
    {
        private int _calls;

        public (Tensor Images, IReadOnlyList<Tensor> Targets) Apply(Tensor images, IReadOnlyList<Tensor> labels, int epoch, int batch)
        {
            Assert.AreEqual((0, _calls++), (epoch, batch));
            return new BatchMix(share, null, BatchMix.Reversed((int)images.shape[0])).Apply(images, labels, classCount: 3);
        }
    }

    private sealed class SameValues : IEqualityComparer<float[]>
    {
        public bool Equals(float[]? left, float[]? right) => left.AsSpan().SequenceEqual(right);

        public int GetHashCode(float[] values) => values.Length;
    }
}
