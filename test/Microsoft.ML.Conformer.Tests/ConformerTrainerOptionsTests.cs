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
            WarmupEpochs = -1,
            WeightDecay = double.PositiveInfinity,
            LabelSmoothing = 1,
            DropPath = -0.1,
            CropScaleMin = 0,
            HorizontalFlip = 1.5,
            Device = (TrainingDevice)9,
            Threads = 0,
            BadImagePolicy = (BadImagePolicy)9,
            MaxCacheBytes = -1,
            CacheFolder = "/there/is/none",
        });

        foreach (var option in new[]
        {
            "LabelColumnName is empty", "ImageColumnName and ScoreColumnName are all 'Same'", "Variant is 77", "ImageSize is 8",
            "Epochs is 0", "BatchSize is -1", "LearningRate is NaN", "WarmupEpochs is -1", "WeightDecay is Infinity",
            "LabelSmoothing is 1", "DropPath is -0.1", "CropScaleMin is 0", "HorizontalFlip is 1.5", "Device is 9", "Threads is 0",
            "BadImagePolicy is 9", "MaxCacheBytes is -1", "CacheFolder is '/there/is/none'",
        })
            StringAssert.Contains(error.Message, option);
    }

    [TestMethod]
    public void OptionsThatDependOnOthersAreChecked()
    {
        AssertFault(
            "MinLearningRate is 0.001; it must be 0 to LearningRate (0.0001)", new() { LearningRate = 1e-4, MinLearningRate = 1e-3 });
        AssertFault("BatchSize is 1; it must be at least 2 where ImageSize is 32", new() { BatchSize = 1, ImageSize = 32 });
        AssertFault(
            "BatchSize is 65536; it must be at most 14266 where ImageSize is 224", new() { BatchSize = 65_536 });
        AssertFault("BatchSize is 2147483647; it must be at most 42", new() { BatchSize = int.MaxValue, ImageSize = 4096 });
        Make(new() { BatchSize = 14_266 });
        AssertFault("CropScaleMax is 0.4", new() { CropScaleMin = 0.5, CropScaleMax = 0.4 });
        AssertFault("it must be ImageSize (224)", new() { Architecture = new() { PositionEmbeddingImageSize = 96 } });
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

    private static void AssertFault(string expected, ConformerTrainer.Options options) =>
        StringAssert.Contains(Fault(options).Message, expected);

    private static ArgumentException Fault(ConformerTrainer.Options options) =>
        Assert.ThrowsExactly<ArgumentException>(() => Make(options));

    private static ConformerTrainer Make(ConformerTrainer.Options options) =>
        _context.MulticlassClassification.Trainers.Conformer(options);
}
