using System.CommandLine;
using Options = Microsoft.ML.Conformer.ImageClassificationTrainerOptions;

namespace Conformer.Cli.Training;

/// <summary>The options of the library's trainers that the command line has, by the same names.</summary>
internal static class TrainerOptions
{
    /// <summary>All but those that choose the network, the recipe and the folders.</summary>
    public static IReadOnlyList<TrainerOption> All { get; } =
    [
        Words<TrainingDevice>("device", "Where to train; auto takes a GPU where there is one.", o => o.Device, (o, v) => o.Device = v),
        Number<int?>("threads", "CPU threads. Default: one for each processor.", o => o.Threads, (o, v) => o.Threads = v, 1, 1024),
        Number("seed", "Same seed, same results.", o => o.Seed, (o, v) => o.Seed = v, 0, int.MaxValue, showsDefault: true),
        Flag("deterministic", "The same results on a GPU, too; slower.", o => o.Deterministic, (o, v) => o.Deterministic = v),
        Number("image-size", "Side of the network's square input in pixels.", o => o.ImageSize, (o, v) => o.ImageSize = v, 32, 4096, true),
        Number("batch-size", "Images in a training step; with mpirun, of each rank.",
            o => o.BatchSize, (o, v) => o.BatchSize = v, 1, 65_536, showsDefault: true),
        Number<int?>("micro-batch-size", "Images that go through the network at once. Default: the batch, or what fits into memory.",
            o => o.MicroBatchSize, (o, v) => o.MicroBatchSize = v, 1, 65_536),
        Flag("gradient-checkpointing", "A third more time and a fraction of the memory.",
            o => o.GradientCheckpointing, (o, v) => o.GradientCheckpointing = v),
        Words<TrainingPrecision>("precision", "What training computes with; auto takes bfloat16 where the processor has it.",
            o => o.Precision, (o, v) => o.Precision = v),
        Words<DistributedTraining>("distributed", "Whether the processes that mpirun starts work together.",
            o => o.Distributed, (o, v) => o.Distributed = v),
        Number("distributed-timeout-minutes", "Minutes that they wait for one of them that hangs.", o => o.DistributedTimeout.TotalMinutes,
            (o, v) => o.DistributedTimeout = TimeSpan.FromMinutes(v), 0.01, 30_000, showsDefault: true, "DistributedTimeout"),
        .. OfRecipe(), .. OfWeights(), .. OfImages(),
        Words<ValidationMetric>("best-by", "What the best epoch is chosen by.", o => o.Validation.BestBy, (o, v) => o.Validation.BestBy = v,
            "Validation.BestBy"),
        Number<int?>("patience", "Epochs without a better one after which training ends. Default: it goes on to the last.",
            o => o.Validation.Patience, (o, v) => o.Validation.Patience = v, 1, 100_000, libraryName: "Validation.Patience"),
    ];

    private static IEnumerable<TrainerOption> OfRecipe() =>
    [
        OfRecipe("epochs", "Passes over the training images.", o => o.Epochs, (o, v) => o.Epochs = v, 1, 100_000),
        OfRecipe("learning-rate", "AdamW's highest learning rate.", o => o.LearningRate, (o, v) => o.LearningRate = v, 1e-9, 1),
        OfRecipe<int?>("learning-rate-batch-size", "Images in a step that the learning rates are meant for: with others they are scaled.",
            o => o.LearningRateBatchSize, (o, v) => o.LearningRateBatchSize = v, 1, 1_000_000),
        OfRecipe("min-learning-rate", "What it falls to.", o => o.MinLearningRate, (o, v) => o.MinLearningRate = v, 0, 1),
        OfRecipe("warmup-epochs", "Epochs in which it rises.", o => o.WarmupEpochs, (o, v) => o.WarmupEpochs = v, 0, 100_000),
        OfRecipe("weight-decay", "AdamW's weight decay.", o => o.WeightDecay, (o, v) => o.WeightDecay = v, 0, 10),
        OfRecipe<double?>("max-gradient-norm", "Length that longer gradients are cut to.",
            o => o.MaxGradientNorm, (o, v) => o.MaxGradientNorm = v, 1e-9, 1e9),
        OfRecipe<double?>("weight-average-decay", "What a moving average of the weights keeps in a step.",
            o => o.WeightAverageDecay, (o, v) => o.WeightAverageDecay = v, 0, 0.999_999_999),
        OfRecipe("label-smoothing", "Share of a label's probability spread over all classes.",
            o => o.LabelSmoothing, (o, v) => o.LabelSmoothing = v, 0, 0.999),
        OfRecipe("drop-path", "Chance with which the last transformer block is skipped.", o => o.DropPath, (o, v) => o.DropPath = v, 0, 0.999),
        Words<ClassBalance>("class-balance", "What is done about classes with few images.", o => o.ClassBalance, (o, v) => o.ClassBalance = v),
    ];

    private static IEnumerable<TrainerOption> OfWeights() =>
    [
        Text("pretrained-weights", "Weights to start from: a .pth or .safetensors file, or a published name such as conformer-tiny-p16. " +
            "Default: random.", "FILE", o => o.PretrainedWeights, (o, v) => o.PretrainedWeights = v),
        Flag("strict-weights", "Whether weights that do not fit the network, heads aside, are an error.",
            o => o.StrictWeights, (o, v) => o.StrictWeights = v),
        Flag("pretrained-average", "Start from the moving average in the file of the weights.",
            o => o.PretrainedAverage, (o, v) => o.PretrainedAverage = v),
        Words<Freezing>("freeze", "Which layers keep the weights that they start from.", o => o.Transfer.Freeze, (o, v) => o.Transfer.Freeze = v,
            "Transfer.Freeze"),
        Number("layer-decay", "Factor of the learning rate from each layer to the one before it.",
            o => o.Transfer.LayerDecay, (o, v) => o.Transfer.LayerDecay = v, 1e-9, 1, showsDefault: true, "Transfer.LayerDecay"),
        Number("head-learning-rate-factor", "Factor of the learning rate of the heads.", o => o.Transfer.HeadLearningRateFactor,
            (o, v) => o.Transfer.HeadLearningRateFactor = v, 1e-9, 1e9, showsDefault: true, "Transfer.HeadLearningRateFactor"),
    ];

    private static IEnumerable<TrainerOption> OfImages() =>
    [
        Flag("skip-bad-images", "Leave out images that cannot be used; without it they are an error.",
            o => o.BadImages == BadImagePolicy.Skip, (o, v) => o.BadImages = v ? BadImagePolicy.Skip : BadImagePolicy.Throw, "BadImages"),
        Flag("tolerate-truncated", "Use damaged images as far as their pixels go.",
            o => o.TolerateTruncated, (o, v) => o.TolerateTruncated = v),
        Number("max-image-pixels", "Width times height of the largest image that is decoded.",
            o => o.MaxImagePixels, (o, v) => o.MaxImagePixels = v, 1, ImageDecoding.MostMaxPixels, showsDefault: true),
        Words<ImageBackground>("background", "What shows through transparent pixels.", o => o.Background, (o, v) => o.Background = v),
        Words<ImageCaching>("image-caching", "Whether decoded photos are kept from epoch to epoch; auto keeps what fits into memory.",
            o => o.ImageCaching, (o, v) => o.ImageCaching = v),
        Text("cache-folder", "Folder for decoded images that do not fit into memory. Default: the temporary one.", "FOLDER",
            o => o.CacheFolder, (o, v) => o.CacheFolder = v),
    ];

    private static TrainerOption Number<T>(
        string name, string description, Func<Options, T> get, Action<Options, T> set, double minimum, double maximum,
        bool showsDefault = false, string? libraryName = null) =>
        Of(new Option<T>("--" + name) { Description = description }.Between(minimum, maximum), get, set, showsDefault, libraryName);

    private static TrainerOption OfRecipe<T>(
        string name, string description, Func<Options, T> get, Action<Options, T> set, double minimum, double maximum) =>
        Number(name, $"{description} Default: the recipe's.", get, set, minimum, maximum);

    private static TrainerOption Words<T>(
        string name, string description, Func<Options, T> get, Action<Options, T> set, string? libraryName = null) where T : struct, Enum =>
        Of(new Option<T>("--" + name) { Description = description }.OneOf(), get, set, showsDefault: true, libraryName);

    private static TrainerOption Flag(
        string name, string description, Func<Options, bool> get, Action<Options, bool> set, string? libraryName = null) =>
        Of(new Option<bool>("--" + name) { Description = description }, get, set, showsDefault: get(new ConformerTrainer.Options()), libraryName);

    private static TrainerOption Text(
        string name, string description, string helpName, Func<Options, string?> get, Action<Options, string?> set) =>
        Of(new Option<string?>("--" + name) { Description = description, HelpName = helpName }, get, set, showsDefault: false, null);

    private static TrainerOption Of<T>(
        Option<T> option, Func<Options, T> get, Action<Options, T> set, bool showsDefault, string? libraryName) =>
        TrainerOption.Of(
            option, libraryName ?? string.Concat(option.Name.Split('-').Where(word => word.Length > 0).Select(word =>
                char.ToUpperInvariant(word[0]) + word[1..])), get, set, showsDefault);
}
