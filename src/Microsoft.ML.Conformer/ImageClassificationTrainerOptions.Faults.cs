namespace Microsoft.ML.Conformer;

/// <summary>Whether the options make sense.</summary>
public abstract partial class ImageClassificationTrainerOptions
{
    private const int MaxImageSize = ImagePreprocessor.MaxImageSize;

    internal void Check() => OptionFaults.ThrowIfAny([.. Faults()]);

    private int SmallestImageSize => HaveArchitecture ? ArchitectureFor(2).SmallestImageSize : VisionArchitecture.UsualSmallestImageSize;

    /// <summary>What is wrong with the options that only this network has, one sentence for each.</summary>
    private protected virtual IEnumerable<string> NetworkFaults() => [];

    private IEnumerable<string> Faults() =>
    [
        .. ColumnFaults(), .. NetworkFaults(), .. ArchitectureFaults(), .. InputFaults(), .. BatchFaults(), .. Recipe.Faults(),
        .. StepFaults(), .. ImageFaults(), .. CommonFaults(),
        .. Distillation.Faults().Select(fault => $"{nameof(Distillation)}.{fault}"),
        .. Validation.Faults().Select(fault => $"{nameof(Validation)}.{fault}"),
        .. Transfer.Faults(Epochs, PretrainedWeights is not null).Select(fault => $"{nameof(Transfer)}.{fault}"),
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
        var faults = architecture.Faults().ToList();
        foreach (var fault in faults)
            yield return $"Architecture.{fault}";
        if (architecture.FixedImageSize is { } size && size != ImageSize)
            yield return $"{nameof(ImageSize)} is {ImageSize}; the network takes only {size}.";
        else if (faults.Count == 0 && ImageSize >= architecture.SmallestImageSize && ImageSize <= MaxImageSize)
            foreach (var fault in architecture.ImageSizeFaults(ImageSize, ImageSize))
                yield return $"{nameof(ImageSize)}: {fault}";
    }

    private IEnumerable<string> InputFaults()
    {
        if (ImageSize < SmallestImageSize || ImageSize > MaxImageSize)
            yield return $"{nameof(ImageSize)} is {ImageSize}; it must be {SmallestImageSize}-{MaxImageSize}.";
    }

    private IEnumerable<string> BatchFaults()
    {
        if (BatchSize < 1)
            yield return $"{nameof(BatchSize)} is {BatchSize}; it must be at least 1.";
        else if (BatchSize == 1 && ImageSize == SmallestImageSize)
            yield return $"{nameof(BatchSize)} is 1; it must be at least 2 where {nameof(ImageSize)} is {SmallestImageSize}: the last " +
                "feature map is one pixel then, and BatchNorm needs more than one value.";
        else if (ImageSize >= SmallestImageSize && ImageSize <= MaxImageSize && 3L * ImageSize * ImageSize * BatchSize > Array.MaxLength)
            yield return $"{nameof(BatchSize)} is {BatchSize}; it must be at most {Array.MaxLength / (3 * ImageSize * ImageSize)} " +
                $"where {nameof(ImageSize)} is {ImageSize}: the colors of a batch must fit into an array.";
    }

    private IEnumerable<string> StepFaults()
    {
        var fewest = ImageSize == SmallestImageSize ? 2 : 1;
        if (MicroBatchSize is { } size && (size < fewest || size > BatchSize))
            yield return $"{nameof(MicroBatchSize)} is {size}; it must be {fewest} to {nameof(BatchSize)} ({BatchSize}), or null.";
        if (!Enum.IsDefined(ClassBalance))
            yield return OptionFaults.NotDefined(nameof(ClassBalance), ClassBalance);
    }

    private IEnumerable<string> ImageFaults()
    {
        var (atOnce, length) = (Math.Max(Scoring.MaxBatchSize, Scoring.FiveCrop ? 5 : 1), 3L * ImageSize * ImageSize);
        if (ImageSize is > 0 and <= MaxImageSize && atOnce * length > Array.MaxLength)
            yield return $"{nameof(Scoring)}.{nameof(Scoring.MaxBatchSize)} is {Scoring.MaxBatchSize}; it must be at most " +
                $"{Array.MaxLength / length} where {nameof(ImageSize)} is {ImageSize}: the colors of a batch must fit into an array.";
    }
}
