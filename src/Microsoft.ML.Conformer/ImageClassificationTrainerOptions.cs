using System.Runtime.CompilerServices;

namespace Microsoft.ML.Conformer;

/// <summary>
/// What and how a trainer of image classifiers trains, whatever its network. The trainer copies its options, groups included, when it is
/// made: a later change has no effect, and Fit changes none of them.
/// </summary>
public abstract partial class ImageClassificationTrainerOptions
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
    /// Weights to start from: the path of a .pth file (the official code's or mmpretrain's) or of a safetensors file, or a published
    /// name such as "conformer-tiny-p16". Null (default): random weights.
    /// </summary>
    /// <remarks>
    /// Published weights are downloaded once into a per-user cache (environment variable CONFORMER_CACHE; CONFORMER_OFFLINE=1 forbids
    /// it). Where the file has no heads, or another number of classes, the heads start at random, and the log says so.
    /// </remarks>
    public string? PretrainedWeights { get; set; }

    /// <summary>
    /// Whether tensors that are missing, unexpected or of another shape in <see cref="PretrainedWeights"/> are an error (default), or
    /// warnings. Heads that are replaced may be missing in any case.
    /// </summary>
    public bool StrictWeights { get; set; } = true;

    /// <summary>
    /// Whether, where the .pth file of <see cref="PretrainedWeights"/> has a moving average of the weights (EMA) beside the weights
    /// themselves, training starts from the average. Default false. Where a file has only one of the two, that is taken, and the log says
    /// which.
    /// </summary>
    public bool PretrainedAverage { get; set; }

    /// <summary>Told how a download of <see cref="PretrainedWeights"/> goes. Null by default.</summary>
    public IProgress<WeightDownloadProgress>? DownloadProgress { get; set; }

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
    /// (<see cref="Distributed"/>), it is each rank's.
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

    /// <summary>The numbers that the network computes with while it is trained. Default <see cref="TrainingPrecision.Auto"/>.</summary>
    public TrainingPrecision Precision { get; set; } = TrainingPrecision.Auto;

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

    /// <summary>How the trained model scores; never null.</summary>
    /// <remarks>What it leaves open is as in training: <see cref="Threads"/> and <see cref="BadImages"/>.</remarks>
    public ScoringOptions Scoring { get; set => field = NotNull(value); } = new();

    /// <summary>Whether and where the state of training is saved; never null. By default it is not.</summary>
    public CheckpointOptions Checkpoints { get; set => field = NotNull(value); } = new();

    /// <summary>Whether and where it is written down how training goes; never null. By default it is not.</summary>
    public TrainingRecordOptions Records { get; set => field = NotNull(value); } = new();

    /// <summary>
    /// What becomes of a run that <see cref="CancellationToken"/> ends. Default <see cref="EarlyEnd.Throw"/>, an
    /// <see cref="OperationCanceledException"/>.
    /// </summary>
    public EarlyEnd OnCancel { get; set; }

    /// <summary>
    /// What becomes of a run whose loss is no longer finite. Default <see cref="EarlyEnd.Throw"/>, a
    /// <see cref="TrainingDivergedException"/>.
    /// </summary>
    public EarlyEnd OnDivergence { get; set; }

    /// <summary>Fixes the initial weights, the order of the images and their augmentation. Default 0.</summary>
    /// <remarks>The same seed, options and data give the same network on the same CPU. The MLContext's seed has no part in it.</remarks>
    public int Seed { get; set; }

    /// <summary>Where to train. Default <see cref="TrainingDevice.Auto"/>: on a usable CUDA GPU, else on the CPU.</summary>
    /// <remarks>Which GPU is MLContext.GpuDeviceId's to say, by default the first.</remarks>
    public TrainingDevice Device { get; set; } = TrainingDevice.Auto;

    /// <summary>
    /// Whether the processes that Open MPI's mpirun started train one network together, each on its part of the images: the ranks. Default
    /// <see cref="DistributedTraining.Auto"/>.
    /// </summary>
    /// <remarks>
    /// All run the same program with the same data, in the same order, and the same options, and get the same model; rank 0 alone logs,
    /// reports and writes. Where one fails, all do (<see cref="RankFailedException"/>).
    /// </remarks>
    public DistributedTraining Distributed { get; set; }

    /// <summary>
    /// How long a rank waits for the others before it takes them for hung, above 0. Default 10 minutes.
    /// </summary>
    public TimeSpan DistributedTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Whether a GPU is to give the same network for the same seed, options and data, as a CPU does in any case: by libtorch's
    /// deterministic mode, which is slower, and an error where an operation has no deterministic form. Default false.
    /// It is the process's while Fit runs.
    /// </summary>
    public bool Deterministic { get; set; }

    /// <summary>
    /// Whether a GPU may multiply 32-bit floats with the 10-bit mantissa of TF32, several times as fast on NVIDIA GPUs from Ampere on.
    /// Default true. It is the process's while Fit runs.
    /// </summary>
    public bool AllowTf32 { get; set; } = true;

    /// <summary>
    /// CPU threads that train, and that score with the trained model, 1-1024. Null (default): one for each processor that the process
    /// may use; for training fewer where OMP_NUM_THREADS or torch.set_num_threads says so, and where ranks share the machine.
    /// </summary>
    /// <remarks>
    /// libtorch has one number for the process: where two Fits run at once, the later one's holds. Another number rounds otherwise.
    /// </remarks>
    public int? Threads { get; set; }

    /// <summary>
    /// What to do about an image that cannot be used, in training and, unless <see cref="ScoringOptions.BadImages"/> says otherwise, when
    /// the trained model scores. Default <see cref="BadImagePolicy.Throw"/>.
    /// </summary>
    public BadImagePolicy BadImages { get; set; } = BadImagePolicy.Throw;

    /// <summary>
    /// Width times height of the largest image that is decoded, 1 to 500 million. Default 178,956,970, where Pillow takes an image for an
    /// attack; it needs 1.3 to 2.5 GB while it is decoded. Larger ones are unusable, and told by their header.
    /// </summary>
    public long MaxImagePixels { get; set; } = ImageDecoding.DefaultMaxPixels;

    /// <summary>
    /// Whether an image that is truncated or damaged is used as far as its pixels go, the rest gray or black. Default false: it is
    /// unusable.
    /// </summary>
    public bool TolerateTruncated { get; set; }

    /// <summary>What shows through transparent pixels, in training and by the trained model. Default black.</summary>
    public ImageBackground Background { get; set; }

    /// <summary>
    /// Bytes of memory that the decoded training images may take, and as many again those of the validation set, at least 0;
    /// what is beyond goes to a file in <see cref="CacheFolder"/>. Null (default): for each an eighth of the memory available to the
    /// process. Ranks on one machine share their images, all in files; this then says only whether <see cref="ImageCaching"/> keeps them.
    /// </summary>
    public long? MaxCacheBytes { get; set; }

    /// <summary>Whether decoded images are kept from one epoch to the next. Default <see cref="ImageCaching.Auto"/>.</summary>
    public ImageCaching ImageCaching { get; set; }

    /// <summary>Folder for images beyond <see cref="MaxCacheBytes"/>; null (default) for MLContext.TempFilePath.</summary>
    /// <remarks>It is made where it is absent, and tested before images are read. Nothing stays in it after Fit.</remarks>
    public string? CacheFolder { get; set; }

    /// <summary>Told twice a second how many images are read, before the first epoch. Null by default.</summary>
    public IProgress<ImageReadingProgress>? ReadingProgress { get; set; }

    /// <summary>Told a few times a second, and at the end of each epoch, where training stands. Null by default.</summary>
    public IProgress<TrainingProgress>? Progress { get; set; }

    /// <summary>Ends Fit as <see cref="OnCancel"/> says. By default it cannot be canceled.</summary>
    public CancellationToken CancellationToken { get; set; }

    internal ScoringColumns ScoringColumns => new(ImageColumnName, ScoreColumnName, PredictedLabelColumnName);

    /// <summary>How the trained model scores, with what <see cref="Scoring"/> leaves open.</summary>
    internal ScoringOptions InheritedScoring()
    {
        var scoring = Scoring.Copy();
        (scoring.IntraOpThreads, scoring.BadImages) = (scoring.IntraOpThreads ?? Threads, scoring.BadImages ?? BadImages);
        (scoring.MaxImagePixels, scoring.TolerateTruncated) =
            (scoring.MaxImagePixels ?? MaxImagePixels, scoring.TolerateTruncated ?? TolerateTruncated);
        return scoring;
    }

    internal ImageDecoding Decoding => new()
    {
        MaxPixels = MaxImagePixels,
        TolerateTruncated = TolerateTruncated,
        Background = Background,
    };

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
        var copy = (ImageClassificationTrainerOptions)MemberwiseClone();
        (copy._recipe, copy.Validation, copy.Scoring) = (_recipe.Copy(), Validation.Copy(), Scoring.Copy());
        (copy.Transfer, copy.Checkpoints, copy.Records) = (Transfer.Copy(), Checkpoints.Copy(), Records.Copy());
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

    private static T NotNull<T>(T value) where T : class => value ?? throw new ArgumentNullException(nameof(value));
}
