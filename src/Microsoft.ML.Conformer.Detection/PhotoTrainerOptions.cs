using Microsoft.ML.Conformer.Detection.Scoring;

namespace Microsoft.ML.Conformer.Detection;

/// <summary>
/// What the trainers ask alike whose networks see whole photos, resized with their ratio kept: of detectors, and of networks for
/// segmentation.
/// </summary>
public abstract class PhotoTrainerOptions : NetworkTrainerOptions
{
    private const int LeastSide = 32;

    private protected PhotoTrainerOptions()
    {
    }

    /// <summary>Name of the image column (MLImage, files' paths or contents). Default "Image".</summary>
    public string ImageColumnName { get; set; } = DetectorColumns.DefaultImage;

    /// <summary>
    /// The most pixels of the longer side of images as the network sees them, 32-4096. Default 1344 for detectors, 2048 for segmentation.
    /// </summary>
    public int LongestSide { get; set; }

    /// <summary>
    /// The most pixels of their shorter side, 32 to <see cref="LongestSide"/>. Default 800 for detectors, 512 for segmentation.
    /// </summary>
    public int ShortestSide { get; set; }

    /// <summary>Number of passes over the training images, at least 1. Default 12 for detectors, 60 for segmentation.</summary>
    public int Epochs { get; set; }

    /// <summary>
    /// Images in a step: of detectors at least 1, default 2; of segmentation at least 2, default 4. Where ranks train together, each has
    /// so many.
    /// </summary>
    public int BatchSize { get; set; }

    /// <summary>
    /// AdamW's learning rate, above 0. Default 1e-4 for detectors, 6e-5 for segmentation, either meant for 16 images in a step.
    /// </summary>
    public double LearningRate { get; set; }

    /// <summary>
    /// AdamW's weight decay, at least 0. Default 1e-4 for detectors, of every weight, and 0.01 for segmentation, but for norms and biases.
    /// </summary>
    public double WeightDecay { get; set; }

    /// <summary>
    /// Steps in which the learning rate rises in a line, of detectors from a thousandth of it, of segmentation from a millionth and for no
    /// more than a tenth of training, at least 0. Default 500.
    /// </summary>
    public int WarmupSteps { get; set; } = 500;

    /// <summary>
    /// The length to which longer gradients, all weights' taken as one vector, are shortened before a step, above 0. Null (default):
    /// they never are.
    /// </summary>
    public double? MaxGradientNorm { get; set; }

    /// <summary>
    /// Images that go through the network at once, of segmentation at least 2, and at most <see cref="BatchSize"/>; the gradients of a
    /// batch's parts are added. Null (default): the whole batch, or half of it, and so on, where it does not fit into the device's memory.
    /// </summary>
    public int? MicroBatchSize { get; set; }

    /// <summary>
    /// What an exponential moving average of the weights keeps of itself in a step, 0 to below 1; it is validated, kept and exported
    /// in the weights' place. Null (default): there is no average.
    /// </summary>
    public double? WeightAverageDecay { get; set; }

    /// <summary>
    /// Images to validate with after each epoch, to keep the best weights: of detectors by COCO's average precision of boxes, of
    /// segmentation by the mean IoU; null (default) for none. They have the training data's columns.
    /// </summary>
    public IDataView? ValidationSet { get; set; }

    /// <summary>
    /// The epochs in a row that are no better than the best one after which training ends, at least 1; null (default): any number.
    /// </summary>
    public int? Patience { get; set; }

    internal DetectorPreprocessing Preprocessing => new()
    {
        LongestSide = LongestSide,
        ShortestSide = ShortestSide,
        Colors = new ImagePreprocessing { Background = Background },
    };

    /// <summary>The fewest images that BatchNorm can take at once.</summary>
    internal virtual int SmallestBatch => 1;

    /// <summary>The network that gives the feature maps.</summary>
    internal abstract VisionArchitecture TrainedBackbone { get; }

    internal void Check() => OptionFaults.ThrowIfAny([.. Faults()]);

    /// <summary>What the trained weights follow from beside the images and the machine, by the options' names.</summary>
    internal Dictionary<string, string> Influences()
    {
        var values = new Dictionary<string, object?>(OwnInfluences())
        {
            [nameof(PretrainedWeights)] = Path.GetFileName(PretrainedWeights),
            [nameof(PretrainedAverage)] = PretrainedAverage,
            [nameof(LongestSide)] = LongestSide,
            [nameof(ShortestSide)] = ShortestSide,
            [nameof(Epochs)] = Epochs,
            [nameof(BatchSize)] = BatchSize,
            [nameof(MicroBatchSize)] = MicroBatchSize,
            [nameof(LearningRate)] = LearningRate,
            [nameof(WeightDecay)] = WeightDecay,
            [nameof(WarmupSteps)] = WarmupSteps,
            [nameof(MaxGradientNorm)] = MaxGradientNorm,
            [nameof(WeightAverageDecay)] = WeightAverageDecay,
            [nameof(ValidationSet)] = ValidationSet is null ? "absent" : "given",
            [nameof(Patience)] = Patience,
            [nameof(Seed)] = Seed,
            [nameof(Background)] = Background,
            [nameof(TolerateTruncated)] = TolerateTruncated,
        };
        return values.ToDictionary(entry => entry.Key, entry => FormattableString.Invariant($"{entry.Value ?? "null"}"));
    }

    /// <summary>Those of the trainer's own options.</summary>
    private protected abstract Dictionary<string, object?> OwnInfluences();

    /// <summary>What is out of range of the trainer's own options, one sentence for each.</summary>
    private protected abstract IEnumerable<string> OwnFaults();

    private IEnumerable<string> Faults() => [.. OwnFaults(), .. Preprocessing.Faults(), .. StepFaults(), .. CommonFaults()];

    private IEnumerable<string> StepFaults()
    {
        if (TrainedBackbone is { InputChannels: not RgbImage.Channels } backbone)
            yield return $"Backbone.{nameof(backbone.InputChannels)} is {backbone.InputChannels}; images have 3.";
        if (ShortestSide < LeastSide)
            yield return $"{nameof(ShortestSide)} is {ShortestSide}; it must be at least {LeastSide}.";
        foreach (var (name, value, least) in new[]
        {
            (nameof(Epochs), Epochs, 1), (nameof(BatchSize), BatchSize, SmallestBatch), (nameof(WarmupSteps), WarmupSteps, 0),
            (nameof(Patience), Patience ?? 1, 1),
        })
            if (value < least)
                yield return $"{name} is {value}; it must be at least {least}.";
        if (!(LearningRate > 0 && double.IsFinite(LearningRate)))
            yield return FormattableString.Invariant($"{nameof(LearningRate)} is {LearningRate}; it must be above 0.");
        if (!(WeightDecay >= 0 && double.IsFinite(WeightDecay)))
            yield return FormattableString.Invariant($"{nameof(WeightDecay)} is {WeightDecay}; it must be at least 0.");
        if (MaxGradientNorm is { } norm && !(norm > 0))
            yield return FormattableString.Invariant($"{nameof(MaxGradientNorm)} is {norm}; it must be above 0, or null.");
        if (WeightAverageDecay is { } decay && !(decay is >= 0 and < 1))
            yield return FormattableString.Invariant($"{nameof(WeightAverageDecay)} is {decay}; it must be 0 to below 1, or null.");
        if (MicroBatchSize is { } size && (size < SmallestBatch || size > BatchSize))
            yield return $"{nameof(MicroBatchSize)} is {size}; it must be {SmallestBatch} to {nameof(BatchSize)} ({BatchSize}), or null.";
        if (Patience is not null && ValidationSet is null)
            yield return $"{nameof(Patience)} is {Patience}, but {nameof(ValidationSet)} is null: no epoch is better than another.";
    }
}
