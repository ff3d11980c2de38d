namespace Microsoft.ML.Conformer;

/// <summary>
/// What all trainers ask alike: weights to start from, the machine, the images, what is saved and told. A trainer copies its options,
/// groups included, when it is made: a later change has no effect, and Fit changes none of them.
/// </summary>
public abstract class NetworkTrainerOptions
{
    private const int MaxThreads = 1024;

    private protected NetworkTrainerOptions()
    {
    }

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

    /// <summary>The numbers that the network computes with while it is trained. Default <see cref="TrainingPrecision.Auto"/>.</summary>
    public TrainingPrecision Precision { get; set; } = TrainingPrecision.Auto;

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

    /// <summary>What is out of range of the options here, one sentence for each.</summary>
    private protected IEnumerable<string> CommonFaults()
    {
        if (PretrainedWeights is not null && string.IsNullOrWhiteSpace(PretrainedWeights))
            yield return $"{nameof(PretrainedWeights)} is empty; it must be a file's path, a published name, or null.";
        if (PretrainedAverage && PretrainedWeights is null)
            yield return $"{nameof(PretrainedAverage)} is true, but {nameof(PretrainedWeights)} is null: there is no file with an average.";
        if (!Enum.IsDefined(Precision))
            yield return OptionFaults.NotDefined(nameof(Precision), Precision);
        if (!Enum.IsDefined(OnCancel))
            yield return OptionFaults.NotDefined(nameof(OnCancel), OnCancel);
        if (!Enum.IsDefined(OnDivergence))
            yield return OptionFaults.NotDefined(nameof(OnDivergence), OnDivergence);
        if (!Enum.IsDefined(Distributed))
            yield return OptionFaults.NotDefined(nameof(Distributed), Distributed);
        if (DistributedTimeout <= TimeSpan.Zero || DistributedTimeout.TotalMilliseconds > int.MaxValue)
            yield return $"{nameof(DistributedTimeout)} is {DistributedTimeout}; it must be above 0, and at most 24 days.";
        if (!Enum.IsDefined(Device))
            yield return OptionFaults.NotDefined(nameof(Device), Device);
        if (Threads is < 1 or > MaxThreads)
            yield return $"{nameof(Threads)} is {Threads}; it must be 1-{MaxThreads}, or null.";
        if (!Enum.IsDefined(BadImages))
            yield return OptionFaults.NotDefined(nameof(BadImages), BadImages);
        foreach (var fault in OptionFaults.Outside(nameof(MaxImagePixels), MaxImagePixels, 1, ImageDecoding.MostMaxPixels))
            yield return fault;
        if (!Enum.IsDefined(Background))
            yield return OptionFaults.NotDefined(nameof(Background), Background);
        if (!Enum.IsDefined(ImageCaching))
            yield return OptionFaults.NotDefined(nameof(ImageCaching), ImageCaching);
        if (MaxCacheBytes < 0)
            yield return $"{nameof(MaxCacheBytes)} is {MaxCacheBytes}; it must be at least 0, or null.";
        if (CacheFolder is not null && string.IsNullOrWhiteSpace(CacheFolder))
            yield return $"{nameof(CacheFolder)} is empty; it must be a folder's path, or null.";
        foreach (var fault in Scoring.Faults().Select(fault => $"{nameof(Scoring)}.{fault}")
            .Concat(Checkpoints.Faults().Select(fault => $"{nameof(Checkpoints)}.{fault}"))
            .Concat(Records.Faults().Select(fault => $"{nameof(Records)}.{fault}")))
            yield return fault;
    }

    /// <summary>A copy whose groups here are copies too.</summary>
    private protected NetworkTrainerOptions CommonCopy()
    {
        var copy = (NetworkTrainerOptions)MemberwiseClone();
        (copy.Scoring, copy.Checkpoints, copy.Records) = (Scoring.Copy(), Checkpoints.Copy(), Records.Copy());
        return copy;
    }

    private protected static T NotNull<T>(T value) where T : class => value ?? throw new ArgumentNullException(nameof(value));
}
