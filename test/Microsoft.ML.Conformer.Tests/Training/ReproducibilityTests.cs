using Microsoft.ML.Conformer.Augmentation;
using Microsoft.ML.Conformer.Batches;
using Microsoft.ML.Conformer.Data.Caching;
using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Conformer.Training;
using Microsoft.ML.Conformer.Training.Classification;

namespace Microsoft.ML.Conformer.Tests.Training;

/// <summary>Trained weights follow from images, settings and seed alone.</summary>
[TestClass]
public sealed class ReproducibilityTests
{
    private const string Head = "conv_cls_head.weight";

    private static readonly MLContext _context = new(seed: 1);

    [LeakCheckedTestMethod]
    public void WeightsAreTheSameToTheBitForTheSameSeedAndAnyNumberOfLoaders()
    {
        using var images = ImageDataset.ForTraining(
            Photo.View(_context, Photo.Set(16, width: 40, height: 36)),
            new() { ImageColumnName = "Image", LabelColumnName = "Label", Preprocessor = new(Photo.Side, new()) }, default);
        var first = Trained(images, workers: 1, seed: 1);

        AssertSame(first, Trained(images, workers: 1, seed: 1), "again");
        AssertSame(first, Trained(images, workers: 4, seed: 1), "with four loaders");
        CollectionAssert.AreNotEqual(first[Head], Trained(images, workers: 1, seed: 2)[Head], "with another seed");
    }

    /// <summary>
    /// A native number that nothing holds while libtorch reads it is gone when garbage is collected at that moment, which long runs meet.
    /// </summary>
    [LeakCheckedTestMethod]
    [DoNotParallelize]
    public void WeightsAreTheSameWhileGarbageIsCollectedAllTheTime()
    {
        using var images = ImageDataset.ForTraining(
            Photo.View(_context, Photo.Set(16, width: 40, height: 36)),
            new() { ImageColumnName = "Image", LabelColumnName = "Label", Preprocessor = new(Photo.Side, new()) }, default);
        var expected = Trained(images, workers: 1, seed: 1, withEverything: true);
        using var done = new ManualResetEventSlim();
        var collecting = Task.Run(() =>
        {
            while (!done.Wait(1))
                GC.Collect(0);
        });

        try
        {
            for (var run = 0; run < 8; run++)
                AssertSame(expected, Trained(images, workers: 1, seed: 1, withEverything: true), $"in run {run}");
        }
        finally
        {
            done.Set();
            Assert.IsTrue(collecting.Wait(Patience.Limit));
        }
    }

    private static void AssertSame(Dictionary<string, float[]> expected, Dictionary<string, float[]> actual, string what)
    {
        foreach (var (name, values) in expected)
            CollectionAssert.AreEqual(values, actual[name], $"{name} {what}");
    }

    /// <summary>The seed is that of the images' order and crops; the network's own stays.</summary>
    private static Dictionary<string, float[]> Trained(ImageDataset images, int workers, int seed, bool withEverything = false)
    {
        using var network = new ConformerNetwork(ScoringModel.Architecture, dropPath: 0.2, seed: 1);
        var batches = new TrainingBatches(images, new TrainingBatchOptions
        {
            BatchSize = 4,
            Seed = seed,
            Augmentation = new ImageAugmentation(new AugmentationRecipe()),
            Workers = workers,
        });
        var settings = ScriptedRun.With(recipe => recipe with { Epochs = 2, WeightAverageDecay = withEverything ? 0.9 : null });
        if (withEverything)
            settings = settings with
            {
                BatchAugmentation = new BatchMixing(new() { MixupAlpha = 0.8, CutMixAlpha = 1 }, ScoringModel.Architecture.NumClasses, seed),
                Step = settings.Step with { MaxGradientNorm = 1, MicroBatchSize = 2 },
            };
        TrainingLoop.Run(
            new ClassificationTask(network, labelSmoothing: 0.1), settings, batches, null, new TrainingHost(), CancellationToken.None);
        return network.state_dict().ToDictionary(tensor => tensor.Key, tensor => tensor.Value.Values());
    }
}
