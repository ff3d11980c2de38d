using ClassifierOptions = Microsoft.ML.Conformer.ImageClassificationTrainerOptions;
using TrainerOption = Conformer.Cli.Training.Options.ITrainerOption<Microsoft.ML.Conformer.ImageClassificationTrainerOptions>;

namespace Conformer.Cli.Training.Options;

/// <summary>The options of the library's trainers of classifiers that the command line has, by the same names.</summary>
internal static class TrainerOptions
{
    private static readonly OptionsOf<ClassifierOptions> _of = new(new ConformerTrainer.Options());

    /// <summary>All but those that choose the network, the recipe and the folders.</summary>
    public static IReadOnlyList<TrainerOption> All { get; } =
    [
        .. CommonOptions.Machine,
        _of.Number("image-size", "Side of the network's square input in pixels.",
            o => o.ImageSize, (o, v) => o.ImageSize = v, 32, 4096, showsDefault: true),
        _of.Number("batch-size", "Images in a training step; with mpirun, of each rank.",
            o => o.BatchSize, (o, v) => o.BatchSize = v, 1, 65_536, showsDefault: true),
        _of.Number<int?>("micro-batch-size", "Images that go through the network at once. Default: the batch, or what fits into memory.",
            o => o.MicroBatchSize, (o, v) => o.MicroBatchSize = v, 1, 65_536),
        _of.Flag("gradient-checkpointing", "A third more time and a fraction of the memory.",
            o => o.GradientCheckpointing, (o, v) => o.GradientCheckpointing = v),
        .. OfRecipe(), .. CommonOptions.Weights, .. OfTransfer(), .. CommonOptions.Images,
        _of.Words("best-by", "What the best epoch is chosen by.", o => o.Validation.BestBy, (o, v) => o.Validation.BestBy = v,
            "Validation.BestBy"),
        _of.Number<int?>("patience", "Epochs without a better one after which training ends. Default: it goes on to the last.",
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
        _of.Words("class-balance", "What is done about classes with few images.", o => o.ClassBalance, (o, v) => o.ClassBalance = v),
    ];

    private static IEnumerable<TrainerOption> OfTransfer() =>
    [
        _of.Words("freeze", "Which layers keep the weights that they start from.",
            o => o.Transfer.Freeze, (o, v) => o.Transfer.Freeze = v, "Transfer.Freeze"),
        _of.Number("layer-decay", "Factor of the learning rate from each layer to the one before it.",
            o => o.Transfer.LayerDecay, (o, v) => o.Transfer.LayerDecay = v, 1e-9, 1, showsDefault: true, "Transfer.LayerDecay"),
        _of.Number("head-learning-rate-factor", "Factor of the learning rate of the heads.", o => o.Transfer.HeadLearningRateFactor,
            (o, v) => o.Transfer.HeadLearningRateFactor = v, 1e-9, 1e9, showsDefault: true, "Transfer.HeadLearningRateFactor"),
    ];

    private static TrainerOption OfRecipe<T>(
        string name, string description, Func<ClassifierOptions, T> get, Action<ClassifierOptions, T> set, double minimum, double maximum) =>
        _of.Number(name, $"{description} Default: the recipe's.", get, set, minimum, maximum);
}
