using System.Runtime.CompilerServices;

namespace Microsoft.ML.Conformer;

/// <summary>
/// What and how a trainer of image classifiers trains, whatever its network.
/// </summary>
public abstract partial class ImageClassificationTrainerOptions : NetworkTrainerOptions
{
    private OverriddenRecipe _recipe = new();

    private protected ImageClassificationTrainerOptions()
    {
    }

    /// <summary>Name of the label column, a key: make it with MapValueToKey. Default "Label".</summary>
    public string LabelColumnName { get; set; } = ScoringColumns.DefaultLabel;

    /// <summary>Name of the image column (MLImage of any size). Default "Image".</summary>
    public string ImageColumnName { get; set; } = ScoringColumns.DefaultImage;

    /// <summary>Name of the output column with the class probabilities. Default "Score".</summary>
    public string ScoreColumnName { get; set; } = ScoringColumns.DefaultScore;

    /// <summary>Name of the output column with the most probable class. Default "PredictedLabel".</summary>
    public string PredictedLabelColumnName { get; set; } = ScoringColumns.DefaultPredictedLabel;

    /// <summary>
    /// Which layers are trained from <see cref="PretrainedWeights"/> on, and how fast; never null. By default all of them, alike.
    /// </summary>
    public TransferOptions Transfer { get; set => field = NotNull(value); } = new();

    /// <summary>Height and width of the images that the network sees, in pixels, 32-4096. Default 224.</summary>
    /// <remarks>
    /// Training time grows faster than its square. Where patches do not divide it, part of the work goes into padding.
    /// </remarks>
    public int ImageSize { get; set; } = 224;

    /// <summary>
    /// How to train: schedule, regularization and augmentation; never null. Default <see cref="TrainingRecipe.FineTune"/>.
    /// </summary>
    /// <remarks>
    /// <see cref="Epochs"/>, <see cref="Augmentation"/> and others here override the recipe's values, whichever is set first; what is read
    /// here has them.
    /// </remarks>
    public TrainingRecipe Recipe
    {
        get => _recipe.Value;
        set => _recipe.Value = NotNull(value);
    }

    /// <summary>Number of passes over the training images, at least 1. Default 30.</summary>
    public int Epochs
    {
        get => Recipe.Epochs;
        set => Override(recipe => recipe with { Epochs = value });
    }

    /// <summary>Images in a step, at least 1; at least 2 where <see cref="ImageSize"/> is 32. Default 32.</summary>
    /// <remarks>
    /// Images that do not fill a batch at the end of an epoch are left out of it; each epoch leaves out others. Where ranks train together
    /// (<see cref="NetworkTrainerOptions.Distributed"/>), it is each rank's.
    /// </remarks>
    public int BatchSize { get; set; } = 32;

    /// <summary>AdamW's highest learning rate, above 0. Default 5e-4.</summary>
    public double LearningRate
    {
        get => Recipe.LearningRate;
        set => Override(recipe => recipe with { LearningRate = value });
    }

    /// <summary>
    /// The images in a step that <see cref="LearningRate"/> and <see cref="MinLearningRate"/> are meant for, at least 1: they are
    /// multiplied by <see cref="BatchSize"/>, times the ranks that train together, and divided by this (Goyal et al., 2017; DeiT's recipe
    /// has 512). Null (default): they are taken as they are.
    /// </summary>
    public int? LearningRateBatchSize
    {
        get => Recipe.LearningRateBatchSize;
        set => Override(recipe => recipe with { LearningRateBatchSize = value });
    }

    /// <summary>What the learning rate falls to, at least 0. Default 1e-6.</summary>
    /// <remarks>Where it is above <see cref="LearningRate"/>, the learning rate does not fall.</remarks>
    public double MinLearningRate
    {
        get => Recipe.MinLearningRate;
        set => Override(recipe => recipe with { MinLearningRate = value });
    }

    /// <summary>Epochs in which the learning rate rises in a line to <see cref="LearningRate"/>, at least 0. Default 2.</summary>
    /// <remarks>It then falls as a half cosine. With <see cref="Epochs"/> or more it only rises. Fractions are fine.</remarks>
    public double WarmupEpochs
    {
        get => Recipe.WarmupEpochs;
        set => Override(recipe => recipe with { WarmupEpochs = value });
    }

    /// <summary>AdamW's weight decay, at least 0; biases and norms have none. Default 0.05.</summary>
    public double WeightDecay
    {
        get => Recipe.WeightDecay;
        set => Override(recipe => recipe with { WeightDecay = value });
    }

    /// <summary>
    /// The length to which longer gradients, all weights' taken as one vector, are shortened before a step, above 0. Null (default): they
    /// never are.
    /// </summary>
    public double? MaxGradientNorm
    {
        get => Recipe.MaxGradientNorm;
        set => Override(recipe => recipe with { MaxGradientNorm = value });
    }

    /// <summary>
    /// Images that go through the network at once, 1 to <see cref="BatchSize"/> (at least 2 where <see cref="ImageSize"/> is 32): the
    /// gradients of a batch's parts are added, so that a step is the same but for BatchNorm, whose statistics are the parts'. Null
    /// (default): the whole batch, or half of it, and so on, where it does not fit into the device's memory.
    /// </summary>
    public int? MicroBatchSize { get; set; }

    /// <summary>
    /// Whether the network's blocks are computed a second time in the backward pass instead of keeping what they computed: about a third
    /// more time, and a fraction of the memory. The result is the same. Default false.
    /// </summary>
    public bool GradientCheckpointing { get; set; }

    /// <summary>
    /// What an exponential moving average of the weights keeps of itself in a step, 0 to below 1, such as 0.999; it is validated, kept and
    /// exported in the weights' place. Null (default): there is no average.
    /// </summary>
    /// <remarks>In step t it keeps no more than (1 + t) / (10 + t), lest the initial weights stay in it.</remarks>
    public double? WeightAverageDecay
    {
        get => Recipe.WeightAverageDecay;
        set => Override(recipe => recipe with { WeightAverageDecay = value });
    }

    /// <summary>Share of a label's probability that is spread evenly over all classes, 0 to below 1. Default 0.1.</summary>
    public double LabelSmoothing
    {
        get => Recipe.LabelSmoothing;
        set => Override(recipe => recipe with { LabelSmoothing = value });
    }

    /// <summary>Stochastic depth: chance with which the last transformer block is skipped, 0 to below 1. Default 0.1.</summary>
    /// <remarks>It grows linearly from 0 at the first block.</remarks>
    public double DropPath
    {
        get => Recipe.DropPath;
        set => Override(recipe => recipe with { DropPath = value });
    }

    /// <summary>How training makes up for classes that have more images than others. Default <see cref="ClassBalance.None"/>.</summary>
    /// <remarks>With <see cref="ValidationMetric.MacroAccuracy"/> rare classes count in choosing the best epoch, too.</remarks>
    public ClassBalance ClassBalance { get; set; } = ClassBalance.None;

    /// <summary>
    /// How training images are varied at random; never null. <c>Recipe.Augmentation with { ... }</c> changes single values of the recipe's.
    /// </summary>
    public AugmentationRecipe Augmentation
    {
        get => Recipe.Augmentation;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            Override(recipe => recipe with { Augmentation = value });
        }
    }

    /// <summary>Whether and how the network learns from another classifier; never null. By default it does not.</summary>
    public DistillationOptions Distillation { get; set => field = NotNull(value); } = new();

    /// <summary>How the network is validated while it is trained; never null. By default it is not.</summary>
    public ValidationOptions Validation { get; set => field = NotNull(value); } = new();

    internal ScoringColumns ScoringColumns => new(ImageColumnName, ScoreColumnName, PredictedLabelColumnName);

    internal ImagePreprocessing PreprocessingOf(VisionArchitecture architecture) =>
        architecture.Preprocessing with { Background = Background };

    /// <summary>The factor of the learning rates.</summary>
    /// <param name="ranks">The ranks that train together.</param>
    internal double LearningRateScaleFor(int ranks) => LearningRateBatchSize is { } meant ? (double)BatchSize * ranks / meant : 1;

    /// <summary>What the trained weights follow from beside the images and the machine, by the options' names.</summary>
    internal IEnumerable<(string Name, object? Value)> Influences() =>
    [
        (nameof(PretrainedWeights), Path.GetFileName(PretrainedWeights)), (nameof(PretrainedAverage), PretrainedAverage),
        (nameof(ImageSize), ImageSize), (nameof(BatchSize), BatchSize), (nameof(MicroBatchSize), MicroBatchSize),
        (nameof(ClassBalance), ClassBalance), (nameof(Seed), Seed), (nameof(Background), Background),
        (nameof(TolerateTruncated), TolerateTruncated), .. RecipeJson.Values(Recipe),
        .. Transfer.Influences().Select(influence => ($"{nameof(Transfer)}.{influence.Name}", influence.Value)),
        .. Distillation.Influences().Select(influence => ($"{nameof(Distillation)}.{influence.Name}", influence.Value)),
        .. Validation.Influences().Select(influence => ($"{nameof(Validation)}.{influence.Name}", influence.Value)),
    ];

    /// <summary>A copy that shares nothing with this that can be changed.</summary>
    internal ImageClassificationTrainerOptions Copy()
    {
        var copy = (ImageClassificationTrainerOptions)CommonCopy();
        (copy._recipe, copy.Validation, copy.Transfer) = (_recipe.Copy(), Validation.Copy(), Transfer.Copy());
        copy.Distillation = Distillation.Copy();
        return copy;
    }

    /// <summary>The network's shape for a number of classes.</summary>
    internal abstract VisionArchitecture ArchitectureFor(int classCount);

    internal abstract VisionNetwork CreateNetwork(VisionArchitecture architecture);

    /// <summary>Whether the options say which network to train.</summary>
    private protected virtual bool HaveArchitecture => true;

    /// <summary>Overrides a value of the recipe by the option that calls this.</summary>
    private protected void Override(Func<TrainingRecipe, TrainingRecipe> change, [CallerMemberName] string name = "") =>
        _recipe.Change(change, name);
}
