using Microsoft.ML.AutoML;
using Microsoft.ML.Data;
using Microsoft.ML.SearchSpace.Option;

namespace Microsoft.ML.Conformer.AutoML.Tests;

/// <summary>The trainer in AutoML experiments, with a network as small as can be.</summary>
[TestClass]
public sealed class ConformerExperimentTests
{
    private static readonly ConformerArchitecture _tiny = new() { ChannelRatio = 0.25, EmbedDim = 24, NumHeads = 3, Depth = 3 };

    [TestMethod]
    public async Task AutoMLsOwnRunnerTunesTheConformer()
    {
        using var folder = new TemporaryFolder();
        var mlContext = new MLContext(1);
        var images = SmallImages.Write(mlContext, folder, perClass: 6);
        var pipeline = mlContext.Transforms.Conversion.MapValueToKey("Label")
            .Append(mlContext.Transforms.LoadImages("Image", null, "ImagePath"))
            .Append(mlContext.Auto().Conformer(Options(), Space(Options())));

        var best = await mlContext.Auto().CreateExperiment()
            .SetPipeline(pipeline)
            .SetRandomSearchTuner(1)
            .SetDataset(images, images)
            .SetMulticlassClassificationMetric(MulticlassClassificationMetric.MicroAccuracy, "Label")
            .SetMaxModelToExplore(2)
            .RunAsync();

        Assert.IsTrue(best.Metric is >= 0.5 and <= 1, $"{best.Metric}");
        Assert.AreEqual(-best.Metric, best.Loss);
        Assert.AreEqual(12, best.Model.Transform(images).GetColumn<float[]>("Score").Count());
    }

    [TestMethod]
    public async Task OurRunnerStartsWithTheDefaultsPrunesAndKeepsAModel()
    {
        using var folder = new TemporaryFolder();
        var mlContext = new MLContext(1);
        var files = SmallImages.Write(mlContext, folder, perClass: 6);
        var images = mlContext.Transforms.Conversion.MapValueToKey("Label").Fit(files).Transform(files);
        var loadImages = mlContext.Transforms.LoadImagesCached("Image", null, "ImagePath");
        var options = Options();
        options.Validation.Data = loadImages.Fit(images).Transform(images);
        var pipeline = loadImages.Append(mlContext.Auto().Conformer(options, Space(options)));
        using var journal = TrialJournal.Open(folder.File("trials.jsonl"), new Dictionary<string, string>());
        using var runner = new ConformerTrialRunner(mlContext, pipeline, images, images, new ConformerTrialOptions
        {
            Journal = journal,
            Pruning = new SuccessiveHalvingOptions { MinEpochs = 1 },
        });

        var best = await mlContext.Auto().CreateExperiment()
            .SetPipeline(pipeline)
            .SetRandomSearchTuner(1)
            .SetTrialRunner(runner)
            .SetMaxModelToExplore(4)
            .RunAsync();

        Assert.AreEqual(4, journal.Records.Count);
        var first = journal.Records[0].Parameter["_pipeline_"]["e1"].AsType<ConformerSweepOptions>();
        Assert.AreEqual(options.LearningRate, first.LearningRate, 1e-12);
        Assert.IsTrue(journal.Records.Any(trial => trial.Outcome == TrialOutcome.Pruned && trial.Curve.Count == 1), "nothing was pruned");
        Assert.AreEqual(journal.Best!.Id, best.TrialSettings.TrialId);
        Assert.AreEqual(12, best.Model.Transform(images).GetColumn<float[]>("Score").Count());
        (best.Model as IDisposable)?.Dispose();
    }

    private static ConformerTrainer.Options Options() => new()
    {
        Architecture = _tiny,
        ImageSize = SmallImages.Side,
        Epochs = 3,
        BatchSize = 4,
        Device = TrainingDevice.Cpu,
    };

    private static SearchSpace.SearchSpace<ConformerSweepOptions> Space(ConformerTrainer.Options options)
    {
        var space = ConformerSweepOptions.StartingFrom(options);
        foreach (var member in new[] { "Variant", "ImageSize", "Epochs", "BatchSize" })
            space.Remove(member);
        space["LearningRate"] = new UniformDoubleOption(1e-6, 1e-3, true, options.LearningRate);
        return space;
    }
}
