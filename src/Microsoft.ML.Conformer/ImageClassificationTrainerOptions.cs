namespace Microsoft.ML.Conformer;

/// <summary>
/// What and how a trainer of image classifiers trains, whatever its network. The trainer copies its options, groups included, when it is
/// made: a later change has no effect, and Fit changes none of them.
/// </summary>
public abstract class ImageClassificationTrainerOptions
{
    private const int MaxImageSize = ImagePreprocessor.MaxImageSize, MaxThreads = 1024;

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
    /// it). Where the file has another number of classes, the heads start at random, and the log says so.
    /// </remarks>
    public string? PretrainedWeights { get; set; }

    /// <summary>
    /// Whether tensors that are missing, unexpected or of another shape in <see cref="PretrainedWeights"/> are an error that lists all
    /// of them (default), or warnings.
    /// </summary>
    public bool StrictWeights { get; set; } = true;

    /// <summary>Told how a download of <see cref="PretrainedWeights"/> goes. Null by default.</summary>
    public IProgress<WeightDownloadProgress>? DownloadProgress { get; set; }

    /// <summary>Height and width of the images that the network sees, in pixels, 32-4096. Default 224.</summary>
    /// <remarks>
    /// Training time grows faster than its square. Where patches do not divide it, part of the work goes into padding.
    /// </remarks>
    public int ImageSize { get; set; } = 224;

    /// <summary>Number of passes over the training images, at least 1. Default 30.</summary>
    public int Epochs { get; set; } = 30;

    /// <summary>Images in a step, at least 1; at least 2 where <see cref="ImageSize"/> is 32. Default 32.</summary>
    /// <remarks>Images that do not fill a batch at the end of an epoch are left out of it; each epoch leaves out others.</remarks>
    public int BatchSize { get; set; } = 32;

    /// <summary>AdamW's highest learning rate, above 0. Default 5e-4.</summary>
    public double LearningRate { get; set; } = 5e-4;

    /// <summary>The learning rate falls no lower than this, at least 0. Default 1e-6.</summary>
    /// <remarks>Where it is above <see cref="LearningRate"/>, the learning rate is <see cref="LearningRate"/> throughout.</remarks>
    public double MinLearningRate { get; set; } = 1e-6;

    /// <summary>Epochs in which the learning rate rises from 0 to <see cref="LearningRate"/>, at least 0. Default 2.</summary>
    /// <remarks>It then falls as a half cosine. With <see cref="Epochs"/> or more it only rises. Fractions are fine.</remarks>
    public double WarmupEpochs { get; set; } = 2;

    /// <summary>AdamW's weight decay, at least 0; biases and norms have none. Default 0.05.</summary>
    public double WeightDecay { get; set; } = 0.05;

    /// <summary>Share of a label's probability that is spread evenly over all classes, 0 to below 1. Default 0.1.</summary>
    public double LabelSmoothing { get; set; } = 0.1;

    /// <summary>How training images are varied at random; never null.</summary>
    public AugmentationOptions Augmentation { get; set => field = NotNull(value); } = new();

    /// <summary>How the network is validated while it is trained; never null. By default it is not.</summary>
    public ValidationOptions Validation { get; set => field = NotNull(value); } = new();

    /// <summary>How the trained model scores; never null.</summary>
    /// <remarks>What it leaves open is as in training: <see cref="Threads"/> and <see cref="BadImages"/>.</remarks>
    public ScoringOptions Scoring { get; set => field = NotNull(value); } = new();

    /// <summary>Fixes the initial weights, the order of the images and their augmentation. Default 0.</summary>
    /// <remarks>The same seed, options and data give the same network on the same CPU. The MLContext's seed has no part in it.</remarks>
    public int Seed { get; set; }

    /// <summary>Where to train. Default <see cref="TrainingDevice.Auto"/>: on a usable CUDA GPU, else on the CPU.</summary>
    /// <remarks>Which GPU is MLContext.GpuDeviceId's to say, by default the first.</remarks>
    public TrainingDevice Device { get; set; } = TrainingDevice.Auto;

    /// <summary>
    /// CPU threads that train, and that score with the trained model, 1-1024. Null (default): one for each processor that the process
    /// may use; for training fewer where OMP_NUM_THREADS or torch.set_num_threads says so.
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
    /// Bytes of memory that the decoded training images may take, and as many again those of the validation set, at least 0;
    /// what is beyond goes to a file in <see cref="CacheFolder"/>. Null (default): for each an eighth of the memory available to the
    /// process.
    /// </summary>
    public long? MaxCacheBytes { get; set; }

    /// <summary>Folder for images beyond <see cref="MaxCacheBytes"/>; null (default) for MLContext.TempFilePath.</summary>
    /// <remarks>It must exist. Nothing stays in it after Fit.</remarks>
    public string? CacheFolder { get; set; }

    /// <summary>Told a few times a second, and at the end of each epoch, where training stands. Null by default.</summary>
    public IProgress<TrainingProgress>? Progress { get; set; }

    /// <summary>Ends Fit with an <see cref="OperationCanceledException"/>. By default it cannot be canceled.</summary>
    public CancellationToken CancellationToken { get; set; }

    internal ScoringColumns ScoringColumns => new(ImageColumnName, ScoreColumnName, PredictedLabelColumnName);

    /// <summary>How the trained model scores, with what <see cref="Scoring"/> leaves open.</summary>
    internal ScoringOptions InheritedScoring()
    {
        var scoring = Scoring.Copy();
        (scoring.IntraOpThreads, scoring.BadImages) = (scoring.IntraOpThreads ?? Threads, scoring.BadImages ?? BadImages);
        return scoring;
    }

    /// <summary>A copy that shares nothing with this that can be changed.</summary>
    internal ImageClassificationTrainerOptions Copy()
    {
        var copy = (ImageClassificationTrainerOptions)MemberwiseClone();
        (copy.Augmentation, copy.Validation, copy.Scoring) = (Augmentation.Copy(), Validation.Copy(), Scoring.Copy());
        return copy;
    }

    internal void Check() => OptionFaults.ThrowIfAny([.. Faults()]);

    /// <summary>The network's shape for a number of classes.</summary>
    internal abstract VisionArchitecture ArchitectureFor(int classCount);

    internal abstract VisionNetwork CreateNetwork(VisionArchitecture architecture);

    /// <summary>Whether the options say which network to train.</summary>
    private protected virtual bool HaveArchitecture => true;

    private int SmallestImageSize => HaveArchitecture ? ArchitectureFor(2).SmallestImageSize : VisionArchitecture.UsualSmallestImageSize;

    /// <summary>What is wrong with the options that only this network has, one sentence for each.</summary>
    private protected virtual IEnumerable<string> NetworkFaults() => [];

    private IEnumerable<string> Faults() =>
    [
        .. ColumnFaults(), .. NetworkFaults(), .. ArchitectureFaults(), .. InputFaults(), .. ScheduleFaults(), .. ImageFaults(),
        .. Augmentation.Faults().Select(fault => $"{nameof(Augmentation)}.{fault}"),
        .. Scoring.Faults().Select(fault => $"{nameof(Scoring)}.{fault}"),
    ];

    private IEnumerable<string> ColumnFaults() => OptionFaults.OfColumns(
    [
        (nameof(LabelColumnName), LabelColumnName), (nameof(ImageColumnName), ImageColumnName),
        (nameof(ScoreColumnName), ScoreColumnName), (nameof(PredictedLabelColumnName), PredictedLabelColumnName),
    ]);

    private IEnumerable<string> ArchitectureFaults()
    {
        if (!HaveArchitecture)
            yield break;
        var architecture = ArchitectureFor(2);
        if (architecture.InputChannels != RgbImage.Channels)
            yield return $"Architecture.{nameof(architecture.InputChannels)} is {architecture.InputChannels}; images have 3.";
        foreach (var fault in architecture.Faults())
            yield return $"Architecture.{fault}";
        if (architecture.FixedImageSize is { } size && size != ImageSize)
            yield return $"{nameof(ImageSize)} is {ImageSize}; the network takes only {size}.";
    }

    private IEnumerable<string> InputFaults()
    {
        if (ImageSize < SmallestImageSize || ImageSize > MaxImageSize)
            yield return $"{nameof(ImageSize)} is {ImageSize}; it must be {SmallestImageSize}-{MaxImageSize}.";
        if (PretrainedWeights is not null && string.IsNullOrWhiteSpace(PretrainedWeights))
            yield return $"{nameof(PretrainedWeights)} is empty; it must be a file's path, a published name, or null.";
    }

    private IEnumerable<string> ScheduleFaults()
    {
        if (Epochs < 1)
            yield return $"{nameof(Epochs)} is {Epochs}; it must be at least 1.";
        if (BatchSize < 1)
            yield return $"{nameof(BatchSize)} is {BatchSize}; it must be at least 1.";
        else if (BatchSize == 1 && ImageSize == SmallestImageSize)
            yield return $"{nameof(BatchSize)} is 1; it must be at least 2 where {nameof(ImageSize)} is {SmallestImageSize}: the last " +
                "feature map is one pixel then, and BatchNorm needs more than one value.";
        else if (ImageSize >= SmallestImageSize && ImageSize <= MaxImageSize && 3L * ImageSize * ImageSize * BatchSize > Array.MaxLength)
            yield return $"{nameof(BatchSize)} is {BatchSize}; it must be at most {Array.MaxLength / (3 * ImageSize * ImageSize)} " +
                $"where {nameof(ImageSize)} is {ImageSize}: the colors of a batch must fit into an array.";
        if (!(double.IsFinite(LearningRate) && LearningRate > 0))
            yield return Invariant($"{nameof(LearningRate)} is {LearningRate}; it must be above 0.");
        if (!(double.IsFinite(MinLearningRate) && MinLearningRate >= 0))
            yield return Invariant($"{nameof(MinLearningRate)} is {MinLearningRate}; it must be at least 0.");
        if (!(double.IsFinite(WarmupEpochs) && WarmupEpochs >= 0))
            yield return Invariant($"{nameof(WarmupEpochs)} is {WarmupEpochs}; it must be at least 0.");
        if (!(double.IsFinite(WeightDecay) && WeightDecay >= 0))
            yield return Invariant($"{nameof(WeightDecay)} is {WeightDecay}; it must be at least 0.");
        if (!(LabelSmoothing is >= 0 and < 1))
            yield return Invariant($"{nameof(LabelSmoothing)} is {LabelSmoothing}; it must be 0 to below 1.");
        if (!Enum.IsDefined(Device))
            yield return OptionFaults.NotDefined(nameof(Device), Device);
        if (Threads is < 1 or > MaxThreads)
            yield return $"{nameof(Threads)} is {Threads}; it must be 1-{MaxThreads}, or null.";
    }

    private IEnumerable<string> ImageFaults()
    {
        var (atOnce, length) = (Math.Max(Scoring.MaxBatchSize, Scoring.FiveCrop ? 5 : 1), 3L * ImageSize * ImageSize);
        if (ImageSize is > 0 and <= MaxImageSize && atOnce * length > Array.MaxLength)
            yield return $"{nameof(Scoring)}.{nameof(Scoring.MaxBatchSize)} is {Scoring.MaxBatchSize}; it must be at most " +
                $"{Array.MaxLength / length} where {nameof(ImageSize)} is {ImageSize}: the colors of a batch must fit into an array.";
        if (!Enum.IsDefined(BadImages))
            yield return OptionFaults.NotDefined(nameof(BadImages), BadImages);
        if (MaxCacheBytes < 0)
            yield return $"{nameof(MaxCacheBytes)} is {MaxCacheBytes}; it must be at least 0, or null.";
        if (CacheFolder is not null && !Directory.Exists(CacheFolder))
            yield return $"{nameof(CacheFolder)} is '{CacheFolder}'; there is no such folder.";
    }

    private static T NotNull<T>(T value) where T : class => value ?? throw new ArgumentNullException(nameof(value));

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
