using System.Globalization;
using Microsoft.ML.Conformer.Tests.Training.Records;
using Microsoft.ML.Conformer.Training;
using Microsoft.ML.Conformer.Training.Checkpoints;
using Microsoft.ML.Conformer.Training.Optimization;
using Microsoft.ML.Conformer.Training.Records;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Tests.Training;

/// <summary>Training that is no classification: other targets, figures, schedule and network, images of several sizes.</summary>
[TestClass]
public sealed class OtherTaskTests
{
    private const int Images = 22, Batches = 6, Epochs = 5;

    private static readonly TrainingSettings _settings = new()
    {
        Epochs = Epochs,
        Schedule = new Steps(0.02),
        Device = CPU,
        Step = new StepSettings { WeightDecay = 1e-4, MicroBatchSize = 3, MaxGradientNorm = 5 },
    };

    [LeakCheckedTestMethod]
    public void ATaskLearnsFromSeveralTargetsAndIsValidatedByItsOwnFigures()
    {
        using var folder = new TemporaryFolder();
        using var run = new Run();
        var (history, tensorBoard) = (folder.File("history.csv"), folder.File("tensorboard"));
        using (var file = new HistoryFile(history, ["mean_distance", "worst_distance"]))
        using (var events = new TensorBoardRecord(tensorBoard, new(), new(), confusion: null, CPU))
            run.Train(_settings, new TrainingHost { Records = [file, events], Report = run.Note });

        var distances = run.Validations.Select(validation => validation["mean_distance"]).ToList();
        Assert.IsLessThan(0.8 * distances[0], distances[^1], string.Join(" ", distances));
        CollectionAssert.AreEqual(new[] { (16L, 24L), (24L, 16L), (20L, 20L) }, run.Task.Sizes.Distinct().ToArray());
        var lines = File.ReadAllLines(history);
        StringAssert.EndsWith(lines[0], ",validation_mean_distance,validation_worst_distance,is_best");
        Assert.AreEqual(Epochs + 1, lines.Length);
        Assert.AreEqual(distances[0], double.Parse(lines[1].Split(',')[^3], CultureInfo.InvariantCulture));
        var written = EventFile.ReadOnly(tensorBoard);
        CollectionAssert.AreEqual(
            distances.Select(distance => (float)distance).ToList(),
            written["validation/mean_distance"].Select(one => one.Value.SimpleValue).ToList());
        Assert.AreEqual(Epochs, written["train/augmented images"].Count());
        Assert.AreEqual((double)Images / Batches, run.Progress[^1].ImagesPerSecond, 1e-6);
    }

    [LeakCheckedTestMethod]
    public void WhatTheNetworkFreezesStaysAndItsNormsKeepTheirStatisticsThoughTheirWeightsLearn()
    {
        using var run = new Run();
        using var scope = NewDisposeScope();
        var before = run.Network.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value.Values());

        run.Train(_settings with { Step = _settings.Step with { WeightDecay = 0.5 }, WeightAverageDecay = 0.5 });

        foreach (var (name, tensor) in run.Network.state_dict())
            Assert.AreEqual(
                name.StartsWith("_stem", StringComparison.Ordinal) || name.StartsWith("_norm.running", StringComparison.Ordinal) ||
                    name.EndsWith("tracked", StringComparison.Ordinal),
                before[name].SequenceEqual(tensor.Values()), name);
    }

    [LeakCheckedTestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void ABrokenRunGoesOnToTheSameWeightsToTheBit(bool recomputes)
    {
        var settings = _settings with
        {
            WeightAverageDecay = 0.8,
            Step = _settings.Step with { GradientCheckpointing = recomputes },
        };
        using var folder = new TemporaryFolder();
        using var whole = new Run();
        var expected = whole.Train(settings);
        using (var checkpoints = new CheckpointFolder(new() { Folder = folder.Path, EverySteps = 4 }))
        using (var broken = new Run())
            Assert.ThrowsExactly<InvalidOperationException>(() => broken.Train(settings, new TrainingHost
            {
                Checkpoints = new(checkpoints, _run, Assert.Fail),
                Report = (progress, _) =>
                {
                    if (progress is { Epoch: 3, EpochEnded: true })
                        throw new InvalidOperationException();
                },
            }));

        using (var checkpoints = new CheckpointFolder(new() { Folder = folder.Path, Resume = true }))
        using (var resumed = new Run())
        {
            var result = resumed.Train(settings, new TrainingHost { Checkpoints = new(checkpoints, _run, Assert.Fail) });

            Assert.AreEqual((expected.End, expected.BestEpoch), (result.End, result.BestEpoch));
            CollectionAssert.AreEqual(Distances(expected), Distances(result));
            foreach (var (name, values) in whole.Weights)
                CollectionAssert.AreEqual(values, resumed.Weights[name], name);
        }

        using (var checkpoints = new CheckpointFolder(new() { Folder = folder.Path, Resume = true }))
        using (var other = new Run())
            StringAssert.Contains(
                Assert.ThrowsExactly<InvalidOperationException>(() => other.Train(settings, new TrainingHost
                {
                    Checkpoints = new(checkpoints, new Dictionary<string, string> { ["the task"] = "lines" }, Assert.Fail),
                })).Message,
                "the task was spots and is lines");
    }

    [LeakCheckedTestMethod]
    public void TheWeightsOfTheBestEpochAreKept()
    {
        using var run = new Run();

        var result = run.Train(_settings with { Schedule = new Steps(0.02, spoiledFrom: 3 * Batches) }, new() { Report = run.Note });

        var distances = Distances(result);
        Assert.AreEqual(Array.IndexOf(distances, distances.Min()) + 1, result.BestEpoch);
        Assert.IsLessThan(Epochs, result.BestEpoch, "later steps only do harm");
        foreach (var (name, values) in run.AfterEpochs[result.BestEpoch - 1])
            CollectionAssert.AreEqual(values, run.Weights[name], name);
        CollectionAssert.AreNotEqual(run.AfterEpochs[^1]["_head.weight"], run.Weights["_head.weight"]);
    }

    [LeakCheckedTestMethod]
    public void PartsThatAreComputedAgainGiveTheSameWeights()
    {
        using var kept = new Run();
        using var again = new Run();
        kept.Train(_settings);

        again.Train(_settings with { Step = _settings.Step with { GradientCheckpointing = true } });

        foreach (var (name, values) in kept.Weights)
            Assert.AreClose(values.Select(value => (double)value), again.Weights[name], 1e-4, name);
    }

    private static readonly Dictionary<string, string> _run = new() { ["the task"] = "spots" };

    private static double[] Distances(TrainingResult result) => [.. result.Validations.Select(epoch => epoch["mean_distance"])];

    private sealed class Run : IDisposable
    {
        public Run() => Task = new SpotTask(Network);

        public SpotNetwork Network { get; } = new();

        public SpotTask Task { get; }

        public List<TrainingProgress> Progress { get; } = [];

        public List<Validation> Validations { get; } = [];

        public List<Dictionary<string, float[]>> AfterEpochs { get; } = [];

        public Dictionary<string, float[]> Weights => Network.named_parameters().ToDictionary(one => one.name, one => one.parameter.Values());

        public TrainingResult Train(TrainingSettings settings, TrainingHost? host = null)
        {
            var clock = new ManualClock();
            return TrainingLoop.Run(
                Task, settings, new SpotImages(Images, seed: 1, clock), new SpotImages(13, seed: 2, clock),
                (host ?? new()) with { Clock = clock }, CancellationToken.None);
        }

        public void Note(TrainingProgress progress, Validation? validation)
        {
            Progress.Add(progress);
            if (validation is null)
                return;
            Validations.Add(validation);
            AfterEpochs.Add(Weights);
        }

        public void Dispose() => Network.Dispose();
    }

    /// <summary>Rises over some steps, and falls after an epoch.</summary>
    private sealed class Steps(double peak, long spoiledFrom = long.MaxValue) : ILearningRateSchedule
    {
        public double At(double epoch, long step) =>
            step >= spoiledFrom ? 1 : peak * Math.Min(1, (step + 1) / 5.0) * (epoch >= Epochs - 1 ? 0.1 : 1);
    }
}
