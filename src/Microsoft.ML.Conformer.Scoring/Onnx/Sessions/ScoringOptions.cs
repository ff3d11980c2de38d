namespace Microsoft.ML.Conformer;

/// <summary>
/// How a model scores. Copied where a trainer is made or a model is loaded: a later change has no effect. The names of the columns are not
/// among them: they are the trainer's options, or arguments of LoadImageClassifier.
/// </summary>
public sealed class ScoringOptions
{
    private const int BatchSizeLimit = 1024;

    /// <summary>What to compute on. Default <see cref="ExecutionProvider.Auto"/>: the CPU, unless a GPU is named.</summary>
    /// <remarks>
    /// One that is absent is an error, before training begins or when the model is loaded; only under Auto, where MLContext.FallbackToCpu
    /// is true, the CPU takes its place.
    /// </remarks>
    public ExecutionProvider ExecutionProvider { get; set; } = ExecutionProvider.Auto;

    /// <summary>Which GPU, from 0. Null (default): MLContext.GpuDeviceId, or 0 where that is not set. The CPU ignores it.</summary>
    public int? DeviceId { get; set; }

    /// <summary>
    /// CPU threads that compute one batch, at least 1. Null (default): the trainer's <c>Threads</c>; without those, or for a loaded model,
    /// one for each processor that the process may use.
    /// </summary>
    public int? IntraOpThreads { get; set; }

    /// <summary>
    /// Whether those threads wait for work actively for a moment, which makes one batch faster and takes the processor from whatever else
    /// wants it. Default true; false suits a server, and a machine that others use too.
    /// </summary>
    public bool AllowSpinning { get; set; } = true;

    /// <summary>Images that the network sees at once, 1-1024. Default 16; a PredictionEngine scores one row at a time.</summary>
    /// <remarks>
    /// Transform scores so many rows at once, with <see cref="FiveCrop"/> a fifth of them (at least one), and reads as many images ahead
    /// meanwhile. Beyond 16 a CPU gains nothing, and a reader that stops early has paid for two batches at most.
    /// </remarks>
    public int MaxBatchSize { get; set; } = 16;

    /// <summary>
    /// Whether a blank image is scored when the model is made or loaded, so that the first real one is not slower than the next. Default
    /// false.
    /// </summary>
    public bool WarmUp { get; set; }

    /// <summary>
    /// What to do about a row whose image cannot be used. Null (default): what the trainer does; for a loaded model
    /// <see cref="BadImagePolicy.Throw"/>.
    /// </summary>
    public BadImagePolicy? BadImages { get; set; }

    /// <summary>
    /// Width times height of the largest image that is decoded, 1 to 500 million. Null (default): the trainer's; for a loaded model
    /// 178,956,970. Larger ones are unusable, and told by their header.
    /// </summary>
    public long? MaxImagePixels { get; set; }

    /// <summary>
    /// Whether an image that is truncated or damaged is used as far as its pixels go. Null (default): what the trainer says; for a loaded
    /// model false.
    /// </summary>
    public bool? TolerateTruncated { get; set; }

    /// <summary>
    /// Test-time augmentation: whether a score is the mean of the image's and of its mirror image's. Default false; true takes twice the
    /// time.
    /// </summary>
    public bool TestTimeFlip { get; set; }

    /// <summary>
    /// Test-time augmentation: whether a score is the mean of five crops' scores, the four corners and the center of the image, its shorter
    /// side resized as for a center crop. Default false; true takes five times the time, with
    /// <see cref="TestTimeFlip"/> ten times ("ten-crop"; Krizhevsky et al., NIPS 2012).
    /// </summary>
    /// <remarks>
    /// An image that already has the network's size is resized like any other here, for its corners to differ from it; without five-crop
    /// it is taken as it is.
    /// </remarks>
    public bool FiveCrop { get; set; }

    /// <summary>ONNX Runtime's default is a thread pinned to each core of the machine, whatever the process may use.</summary>
    internal int ThreadCount => IntraOpThreads ?? Environment.ProcessorCount;

    internal ImageDecoding DecodingFor(ImagePreprocessing preprocessing) => new()
    {
        MaxPixels = MaxImagePixels ?? ImageDecoding.DefaultMaxPixels,
        TolerateTruncated = TolerateTruncated ?? false,
        Background = preprocessing.Background,
    };

    internal ScoringOptions Copy() => (ScoringOptions)MemberwiseClone();

    internal IEnumerable<string> Faults()
    {
        if (!Enum.IsDefined(ExecutionProvider))
            yield return OptionFaults.NotDefined(nameof(ExecutionProvider), ExecutionProvider);
        if (DeviceId < 0)
            yield return $"{nameof(DeviceId)} is {DeviceId}; it must be at least 0, or null.";
        if (IntraOpThreads < 1)
            yield return $"{nameof(IntraOpThreads)} is {IntraOpThreads}; it must be at least 1, or null.";
        if (MaxBatchSize is < 1 or > BatchSizeLimit)
            yield return $"{nameof(MaxBatchSize)} is {MaxBatchSize}; it must be 1-{BatchSizeLimit}.";
        foreach (var fault in OptionFaults.Outside(nameof(MaxImagePixels), MaxImagePixels ?? 1, 1, ImageDecoding.MostMaxPixels))
            yield return fault;
        if (BadImages is { } policy && !Enum.IsDefined(policy))
            yield return OptionFaults.NotDefined(nameof(BadImages), policy);
    }
}
