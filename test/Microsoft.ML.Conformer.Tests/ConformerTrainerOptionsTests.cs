using System.Reflection;
using Microsoft.ML.Conformer.Recipes;
using Microsoft.ML.Conformer.Tests.Goldens;

namespace Microsoft.ML.Conformer.Tests;

[TestClass]
public sealed class ConformerTrainerOptionsTests
{
    /// <summary>The options that have no part in what the trained weights are.</summary>
    private static readonly string[] _withoutInfluence =
    [
        nameof(ConformerTrainer.Options.LabelColumnName), nameof(ConformerTrainer.Options.ImageColumnName),
        nameof(ConformerTrainer.Options.ScoreColumnName), nameof(ConformerTrainer.Options.PredictedLabelColumnName),
        nameof(ConformerTrainer.Options.Scoring), nameof(ConformerTrainer.Options.Checkpoints), nameof(ConformerTrainer.Options.Records),
        nameof(ConformerTrainer.Options.Progress), nameof(ConformerTrainer.Options.StrictWeights),
        nameof(ConformerTrainer.Options.DownloadProgress),
        nameof(ConformerTrainer.Options.CancellationToken), nameof(ConformerTrainer.Options.OnCancel),
        nameof(ConformerTrainer.Options.OnDivergence), nameof(ConformerTrainer.Options.MaxCacheBytes),
        nameof(ConformerTrainer.Options.ImageCaching), nameof(ConformerTrainer.Options.ReadingProgress),
        nameof(ConformerTrainer.Options.CacheFolder), nameof(ConformerTrainer.Options.GradientCheckpointing),
        nameof(ConformerTrainer.Options.Distributed), nameof(ConformerTrainer.Options.DistributedTimeout),
    ];

    /// <summary>Those of the machine, which may round otherwise, and those that a checkpoint describes by what follows from them.</summary>
    private static readonly string[] _describedOtherwise =
    [
        nameof(ConformerTrainer.Options.Device), nameof(ConformerTrainer.Options.Threads),
        nameof(ConformerTrainer.Options.Deterministic), nameof(ConformerTrainer.Options.AllowTf32),
        nameof(ConformerTrainer.Options.Variant), nameof(ConformerTrainer.Options.Architecture), // the architecture itself
        "Validation.Data", nameof(ConformerTrainer.Options.BadImages), nameof(ConformerTrainer.Options.MaxImagePixels), // the images
        nameof(ConformerTrainer.Options.Precision), // the precision that was chosen
    ];

    private static readonly MLContext _context = new(seed: 1);

    public static IEnumerable<object?[]> LinearScaling => GoldenFiles.OfKind("linear-lr-scaling").Cases();

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
            CacheFolder = " ",
            MicroBatchSize = 0,
            LearningRateBatchSize = 0,
            MaxGradientNorm = 0,
            WeightAverageDecay = 1,
            Precision = (TrainingPrecision)9,
            OnCancel = (EarlyEnd)9,
            OnDivergence = (EarlyEnd)8,
            ClassBalance = (ClassBalance)9,
            Distillation =
            {
                TeacherScoreColumnName = "", Kind = (DistillationKind)9, Temperature = 0, Weight = 1.5, TeacherInput = (TeacherInput)9,
            },
            Validation = { BestBy = (ValidationMetric)9, Patience = 0 },
            Transfer =
            {
                LayerDecay = 0, HeadLearningRateFactor = -1, Freeze = (Freezing)9, HeadEpochs = 0, UnfreezingEpochs = 0,
                FreezeBatchNorm = true, CachedViews = -1,
            },
            Augmentation = new() { CropAreaMin = 0, HorizontalFlipProbability = 1.5 },
            Scoring = { MaxBatchSize = 0, BadImages = (BadImagePolicy)9 },
            Checkpoints = { Folder = " ", EverySteps = 0, Every = TimeSpan.Zero, Keep = 0 },
            Records = { Folder = "" },
        });

        foreach (var option in new[]
        {
            "LabelColumnName is empty", "ImageColumnName and ScoreColumnName are all 'Same'", "Variant is 77", "ImageSize is 8",
            "Epochs is 0", "BatchSize is -1", "LearningRate is NaN", "MinLearningRate is -1", "WarmupEpochs is -1",
            "WeightDecay is Infinity", "LabelSmoothing is 1", "DropPath is -0.1", "Device is 9", "Threads is 0", " BadImages is 9",
            "MaxCacheBytes is -1",
            "CacheFolder is empty", "Augmentation.CropAreaMin is 0", "Augmentation.HorizontalFlipProbability is 1.5",
            "Scoring.MaxBatchSize is 0", "Scoring.BadImages is 9", "MicroBatchSize is 0", "LearningRateBatchSize is 0",
            "MaxGradientNorm is 0", "WeightAverageDecay is 1", "Precision is 9", "OnCancel is 9", "OnDivergence is 8",
            "Checkpoints.Folder is empty", "Checkpoints.EverySteps is 0", "Checkpoints.Every is 00:00:00", "Checkpoints.Keep is 0",
            "Distillation.TeacherScoreColumnName is empty", "Distillation.Kind is 9", "Distillation.Temperature is 0",
            "Distillation.Weight is 1.5", "Distillation.TeacherInput is 9",
            "Records.Folder is empty", "ClassBalance is 9", "Validation.BestBy is 9", "Validation.Patience is 0",
            "Records.Folder is empty", "Transfer.LayerDecay is 0", "Transfer.HeadLearningRateFactor is -1", "Transfer.Freeze is 9",
            "Transfer.HeadEpochs is 0", "Transfer.UnfreezingEpochs is 0", "Transfer.FreezeBatchNorm is true, and PretrainedWeights is null",
            "Transfer.CachedViews is -1",
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
        AssertFault("Augmentation.CropAreaMax is 0.4", new() { Augmentation = new() { CropAreaMin = 0.5, CropAreaMax = 0.4 } });
        AssertFault("ImageSize is 224; the network takes only 96", new() { Architecture = new() { PositionEmbeddingImageSize = 96 } });
        AssertFault("Architecture.Depth is 4", new() { Architecture = new() { Depth = 4, NumHeads = 5 } });
        AssertFault("MicroBatchSize is 33; it must be 1 to BatchSize (32), or null.", new() { MicroBatchSize = 33 });
        AssertFault("MicroBatchSize is 1; it must be 2 to BatchSize (32), or null.", new() { MicroBatchSize = 1, ImageSize = 32 });
        AssertFault("Validation.Patience is 3, but Data has no images", new() { Validation = { Patience = 3 } });
        AssertFault(
            "Transfer.Freeze is Backbone, and PretrainedWeights is null: there is nothing to keep in random weights.",
            new() { Transfer = { Freeze = Freezing.Backbone } });
        AssertFault(
            "Transfer.HeadEpochs is 3 and UnfreezingEpochs 4; together they must be at most Epochs (6)",
            new() { PretrainedWeights = "some.pth", Epochs = 6, Transfer = { Freeze = Freezing.Gradual, HeadEpochs = 3 } });
        AssertFault(
            "Transfer.LayerDecay is 0.5; it must be 1 where Freeze is Backbone",
            new() { PretrainedWeights = "some.pth", Transfer = { Freeze = Freezing.Backbone, LayerDecay = 0.5 } });
        AssertFault(
            "Transfer.CachedViews is 0; it has a part only where Freeze is Backbone (it is None).",
            new() { Transfer = { CachedViews = 0 } });
        AssertFault(
            "Transfer.HeadEpochs is 2; it has a part only where Freeze is Gradual (it is None).", new() { Transfer = { HeadEpochs = 2 } });
        AssertFault(
            "Transfer.UnfreezingEpochs is 2; it has a part only where Freeze is Gradual (it is Backbone).",
            new() { PretrainedWeights = "some.pth", Transfer = { Freeze = Freezing.Backbone, UnfreezingEpochs = 2 } });
        AssertFault(
            "Validation.BestBy is Loss, but Data has no images", new() { Validation = { BestBy = ValidationMetric.Loss } });
        AssertFault("PretrainedAverage is true, but PretrainedWeights is null", new() { PretrainedAverage = true });
        AssertFault("Checkpoints.Resume is true, but Folder does not say", new() { Checkpoints = { Resume = true } });
    }

    [TestMethod]
    [DataRow(-1.0)]
    [DataRow(double.NaN)]
    [DataRow(double.PositiveInfinity)]
    public void ALengthOrAShareThatIsNoneIsAFault(double value)
    {
        AssertFault("MaxGradientNorm is ", new() { MaxGradientNorm = value });
        AssertFault("WeightAverageDecay is ", new() { WeightAverageDecay = value });
    }

    [TestMethod]
    public void TheEndsOfTheRangesAreInRange()
    {
        Make(new() { MicroBatchSize = 1, LearningRateBatchSize = 1, MaxGradientNorm = 1e-9, WeightAverageDecay = 0 });
        Make(new() { MicroBatchSize = 32, WeightAverageDecay = 0.9999 });
        Make(new() { MicroBatchSize = 2, ImageSize = 32 });
        Make(new() { Epochs = 1, Transfer = { LayerDecay = 1e-3, HeadLearningRateFactor = 100 } });
        Make(new() { PretrainedWeights = "some.pth", Transfer = { Freeze = Freezing.Backbone, CachedViews = 0 } });
        Make(new() { PretrainedWeights = "some.pth", Epochs = 5, Transfer = { Freeze = Freezing.Gradual, FreezeBatchNorm = true } });
        Make(new() { Checkpoints = { Folder = "of later", EverySteps = 1, Every = TimeSpan.FromTicks(1), Keep = 1, Resume = true } });
        Assert.IsFalse(Directory.Exists("of later"), "a folder is made when training begins");
    }

    [TestMethod]
    [DynamicData(nameof(LinearScaling))]
    public void TheLearningRateForABatchSizeIsDeiTsAndMmpretrains(string? file)
    {
        foreach (var golden in GoldenFiles.Read(file).GetProperty("cases").EnumerateArray())
        {
            double Number(string name) => golden.GetProperty(name).GetDouble();
            var batch = (int)(Number("batch_per_process") * Number("processes"));

            Check("deit_lr", 512);
            Check("mmpretrain_auto_lr", 1024);
            Check("conformer_lr", null);

            void Check(string expected, int? meant)
            {
                var options = new ConformerTrainer.Options
                {
                    LearningRate = Number("lr"),
                    BatchSize = batch,
                    LearningRateBatchSize = meant,
                };
                Assert.AreEqual(
                    Number(expected), options.LearningRate * options.LearningRateScaleFor(ranks: 1), 1e-15 * Number(expected),
                    $"{expected} with {batch} images");
            }
        }
    }

    /// <summary>A run that goes on from a checkpoint must have the same options, but for those that do not matter.</summary>
    [TestMethod]
    public void EachOptionIsAmongThoseThatInfluenceTheWeightsOrIsKnownNotTo()
    {
        var options = new ConformerTrainer.Options();
        var influences = options.Influences().Select(influence => influence.Name).ToList();
        var ofTheRecipe = RecipeJson.Values(options.Recipe).Select(value => value.Name).ToList();
        var settable = Settable(typeof(ConformerTrainer.Options))
            .Except(ofTheRecipe).Except([nameof(options.Recipe), nameof(options.Augmentation)])
            .SelectMany(name => name switch
            {
                nameof(options.Distillation) => Settable(typeof(DistillationOptions)).Select(inner => $"{name}.{inner}"),
                nameof(options.Transfer) => Settable(typeof(TransferOptions)).Select(inner => $"{name}.{inner}"),
                nameof(options.Validation) => Settable(typeof(ValidationOptions)).Select(inner => $"{name}.{inner}"),
                _ => [name],
            }).ToList();

        CollectionAssert.AllItemsAreUnique(influences);
        CollectionAssert.IsSubsetOf(ofTheRecipe, influences);
        CollectionAssert.AreEquivalent(
            settable, influences.Except(ofTheRecipe).Concat(_withoutInfluence).Concat(_describedOtherwise).ToList());

        static IEnumerable<string> Settable(Type type) => type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.SetMethod?.IsPublic == true).Select(property => property.Name);
    }

    [TestMethod]
    public void AnInfluencesValueIsTheOptions()
    {
        var options = new ConformerTrainer.Options
        {
            MaxGradientNorm = 0.5,
            Augmentation = new() { CropAreaMin = 0.25 },
            Transfer = { LayerDecay = 0.75 },
        };

        foreach (var (name, value) in options.Influences())
        {
            object? expected = typeof(ConformerTrainer.Options).GetProperty(name.Split('.')[0]) is null ? options.Recipe : options;
            foreach (var part in name.Split('.'))
                expected = expected!.GetType().GetProperty(part)!.GetValue(expected);
            Assert.AreEqual(FormattableString.Invariant($"{expected}"), FormattableString.Invariant($"{value}"), name);
        }
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
            Validation = new() { Data = null },
            Scoring = new() { MaxBatchSize = 4 },
        };

        Assert.AreEqual(4, options.Scoring.MaxBatchSize);
        Assert.ThrowsExactly<ArgumentNullException>(() => options.Augmentation = null!);
    }

    [TestMethod]
    public void ACopySharesNothingThatCanBeChanged()
    {
        var options = new ConformerTrainer.Options { Architecture = new() { EmbedDim = 48 } };
        var copy = (ConformerTrainer.Options)options.Copy();

        options.Epochs = 1;
        (options.Augmentation, options.Scoring.MaxBatchSize) = (new() { CropAreaMin = 0.9 }, 1);
        options.Distillation.Weight = 1;
        (options.Checkpoints.Folder, options.Records.Folder, options.Transfer.LayerDecay) = ("one", "another", 0.5);
        options.Validation.Data = _context.Data.LoadFromEnumerable(Array.Empty<Nothing>());

        Assert.AreEqual((30, 0.35, 16), (copy.Epochs, copy.Augmentation.CropAreaMin, copy.Scoring.MaxBatchSize));
        Assert.AreEqual(1, copy.Transfer.LayerDecay);
        Assert.IsNull(copy.Validation.Data);
        Assert.IsNull(copy.Checkpoints.Folder);
        Assert.IsNull(copy.Records.Folder);
        Assert.AreEqual(0.5, copy.Distillation.Weight);
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

    private static void AssertFault(string expected, ConformerTrainer.Options options) =>
        StringAssert.Contains(Fault(options).Message, expected);

    private static ArgumentException Fault(ConformerTrainer.Options options) =>
        Assert.ThrowsExactly<ArgumentException>(() => Make(options));

    private static ConformerTrainer Make(ConformerTrainer.Options options) =>
        _context.MulticlassClassification.Trainers.Conformer(options);

    private sealed class Nothing;
}
