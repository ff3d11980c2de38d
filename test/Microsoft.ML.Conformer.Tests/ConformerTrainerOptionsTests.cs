using Microsoft.ML.Conformer.Training.Optimization;

namespace Microsoft.ML.Conformer.Tests;

[TestClass]
public sealed class ConformerTrainerOptionsTests
{
    private static readonly MLContext _context = new(seed: 1);

    [TestMethod]
    public void TheDefaultsAreInRange() => Make(new());

    [TestMethod]
    public void AllFaultsAreReportedAtOnce()
    {
        var error = Fault(new()
        {
            LabelColumnName = " ",
            ImageColumnName = "Same",
            ScoreColumnName = "Same",
            Variant = (ConformerVariant)77,
            ImageSize = 8,
            Epochs = 0,
            BatchSize = -1,
            LearningRate = double.NaN,
            MinLearningRate = -1,
            WarmupEpochs = -1,
            WeightDecay = double.PositiveInfinity,
            LabelSmoothing = 1,
            DropPath = -0.1,
            Device = (TrainingDevice)9,
            Threads = 0,
            BadImages = (BadImagePolicy)9,
            MaxCacheBytes = -1,
            CacheFolder = "/there/is/none",
            Augmentation = { CropAreaMin = 0, HorizontalFlipProbability = 1.5 },
            Scoring = { MaxBatchSize = 0, BadImages = (BadImagePolicy)9 },
        });

        foreach (var option in new[]
        {
            "LabelColumnName is empty", "ImageColumnName and ScoreColumnName are all 'Same'", "Variant is 77", "ImageSize is 8",
            "Epochs is 0", "BatchSize is -1", "LearningRate is NaN", "MinLearningRate is -1", "WarmupEpochs is -1", "WeightDecay is Infinity",
            "LabelSmoothing is 1", "DropPath is -0.1", "Device is 9", "Threads is 0", " BadImages is 9", "MaxCacheBytes is -1",
            "CacheFolder is '/there/is/none'", "Augmentation.CropAreaMin is 0", "Augmentation.HorizontalFlipProbability is 1.5",
            "Scoring.MaxBatchSize is 0", "Scoring.BadImages is 9",
        })
            StringAssert.Contains(error.Message, option);
    }

    [TestMethod]
    public void OptionsThatDependOnOthersAreChecked()
    {
        AssertFault("BatchSize is 1; it must be at least 2 where ImageSize is 32", new() { BatchSize = 1, ImageSize = 32 });
        AssertFault(
            "BatchSize is 65536; it must be at most 14266 where ImageSize is 224", new() { BatchSize = 65_536 });
        AssertFault("BatchSize is 2147483647; it must be at most 42", new() { BatchSize = int.MaxValue, ImageSize = 4096 });
        Make(new() { BatchSize = 14_266 });
        AssertFault("Augmentation.CropAreaMax is 0.4", new() { Augmentation = { CropAreaMin = 0.5, CropAreaMax = 0.4 } });
        AssertFault("ImageSize is 224; the network takes only 96", new() { Architecture = new() { PositionEmbeddingImageSize = 96 } });
        AssertFault("Architecture.Depth is 4", new() { Architecture = new() { Depth = 4, NumHeads = 5 } });
    }

    [TestMethod]
    public void AnOwnArchitectureOverridesTheVariantAndTakesTheClassesFromTheData()
    {
        var options = new ConformerTrainer.Options
        {
            Variant = ConformerVariant.Base,
            Architecture = new() { NumClasses = 0, EmbedDim = 48 },
        };
        Make(options);

        Assert.AreEqual(new ConformerArchitecture { NumClasses = 5, EmbedDim = 48 }, options.ArchitectureFor(5));
        options.Architecture = null;
        Assert.AreEqual(ConformerArchitecture.For(ConformerVariant.Base, 5), options.ArchitectureFor(5));
    }

    [TestMethod]
    public void GroupsAreSetMemberByMemberOrWhole()
    {
        var options = new ConformerTrainer.Options
        {
            Augmentation = { HorizontalFlipProbability = 0 },
            Validation = new() { Data = null },
            Scoring = new() { MaxBatchSize = 4 },
        };

        Assert.AreEqual((0.35, 1.0, 0.0),
            (options.Augmentation.CropAreaMin, options.Augmentation.CropAreaMax, options.Augmentation.HorizontalFlipProbability));
        Assert.AreEqual(4, options.Scoring.MaxBatchSize);
        Assert.ThrowsExactly<ArgumentNullException>(() => options.Augmentation = null!);
    }

    [TestMethod]
    public void ACopySharesNothingThatCanBeChanged()
    {
        var options = new ConformerTrainer.Options { Architecture = new() { EmbedDim = 48 } };
        var copy = options.Copy();

        options.Epochs = 1;
        (options.Augmentation.CropAreaMin, options.Scoring.MaxBatchSize) = (0.9, 1);
        options.Validation.Data = _context.Data.LoadFromEnumerable(Array.Empty<Nothing>());

        Assert.AreEqual((30, 0.35, 16), (copy.Epochs, copy.Augmentation.CropAreaMin, copy.Scoring.MaxBatchSize));
        Assert.IsNull(copy.Validation.Data);
        Assert.AreEqual(48, copy.Architecture!.EmbedDim);
    }

    [TestMethod]
    public void WhatScoringLeavesOpenIsAsInTraining()
    {
        var options = new ConformerTrainer.Options { Threads = 3, BadImages = BadImagePolicy.Skip };
        var scoring = options.InheritedScoring();
        Assert.AreEqual((3, BadImagePolicy.Skip), (scoring.IntraOpThreads, scoring.BadImages));

        (options.Scoring.IntraOpThreads, options.Scoring.BadImages) = (1, BadImagePolicy.Throw);
        scoring = options.InheritedScoring();
        Assert.AreEqual((1, BadImagePolicy.Throw), (scoring.IntraOpThreads, scoring.BadImages));
    }

    [TestMethod]
    [DataRow(1e-4, 1e-3)] // above: no clamping is the caller's business
    [DataRow(1e-4, 1e-4)]
    public void AMinimumAtOrAboveTheLearningRateKeepsItConstant(double rate, double minimum)
    {
        Make(new() { LearningRate = rate, MinLearningRate = minimum });
        var schedule = new LearningRateSchedule(rate, minimum, warmupEpochs: 2, epochs: 10);

        foreach (var epoch in (double[])[0, 1, 2, 5, 9.9])
            Assert.AreEqual(rate, schedule.At(epoch), $"epoch {epoch}");
    }

    private static void AssertFault(string expected, ConformerTrainer.Options options) =>
        StringAssert.Contains(Fault(options).Message, expected);

    private static ArgumentException Fault(ConformerTrainer.Options options) =>
        Assert.ThrowsExactly<ArgumentException>(() => Make(options));

    private static ConformerTrainer Make(ConformerTrainer.Options options) =>
        _context.MulticlassClassification.Trainers.Conformer(options);

    private sealed class Nothing;
}
