using Microsoft.ML.Runtime;

namespace Microsoft.ML.Conformer;

/// <summary>Reads the images of a run, and logs what a user should know of them.</summary>
/// <param name="options">The trainer's.</param>
/// <param name="folder">For decoded images.</param>
/// <param name="labels">The classes.</param>
/// <param name="ranks">The ranks that read them together.</param>
/// <param name="log">The log.</param>
internal sealed class TrainingImages(
    ImageClassificationTrainerOptions options, string folder, ClassLabels labels, RankGroup ranks, TrainingLog log)
{
    /// <summary>What tells the images read so far from others; empty where nothing asks for it.</summary>
    public ImageFingerprints Fingerprints { get; } = new();

    /// <summary>Images that could not be read and are left out, so far.</summary>
    public List<SkippedImage> Skipped { get; } = [];

    /// <param name="data">The images.</param>
    /// <param name="sample">Which of them; null (default) for all.</param>
    /// <exception cref="InvalidOperationException">There is no usable image.</exception>
    /// <exception cref="InvalidDataException">An image cannot be read, and the options say to throw.</exception>
    public ImageDataset ForTraining(IDataView data, ImageSample? sample = null) =>
        Read(ImageDataset.ForTraining, data, "training", sample);

    /// <inheritdoc cref="ForTraining"/>
    public ImageDataset ForValidation(IDataView data) => Read(ImageDataset.ForEvaluation, data, "validation", sample: null);

    private ImageDataset Read(
        Func<IDataView, ImageReadOptions, CancellationToken, ImageDataset> read, IDataView data, string role, ImageSample? sample)
    {
        var defaults = new ImageReadOptions
        {
            ImageColumnName = options.ImageColumnName,
            LabelColumnName = options.LabelColumnName,
            Preprocessor = new ImagePreprocessor(options.ImageSize, options.PreprocessingOf(options.ArchitectureFor(2))),
            Decoding = options.Decoding,
            BadImages = options.BadImages,
            Sample = sample,
            HashOf = options.Checkpoints.Folder is null ? null : ImageFingerprints.HashOf,
            OnImageRead = options.Checkpoints.Folder is null ? null : Fingerprints.Of(role).Add,
            Caching = options.ImageCaching,
            Tell = message => log.Info($"Of the {role} images: {message}"),
            OnProgress = ranks.All.Rank > 0 ? null
                : (read, total) => options.ReadingProgress?.Report(new ImageReadingProgress(role, read, total)),
            Workers = ranks.Processors * ranks.Machine.Size,
            Group = ranks.Machine,
            OnBadImage = Skip,
        };
        var images = read(data, defaults with
        {
            MaxCacheBytes = options.MaxCacheBytes ?? defaults.MaxCacheBytes,
            TempFolder = folder,
        }, ranks.Cancellation);

        if (images.BadImageCount > 0)
            log.Warn($"Skipped {images.BadImageCount} {role} images that could not be read.");
        if (images.DullCount > 0)
            log.Warn(MessageSensitivity.UserData,
                $"{images.DullCount} {role} images are nearly of one color, such as '{VisibleText.OfPath(images.DullName!)}'. Look at " +
                "them: a scan may be empty, and a 16-bit image that uses fewer bits comes out black.");
        if (images.UnlabeledCount > 0)
            log.Warn($"Left out {images.UnlabeledCount} {role} images without a label.");
        if (images.Count == 0)
            using (images)
                throw new InvalidOperationException(
                    $"The {role} data has no usable image (column '{options.ImageColumnName}'): " +
                    $"{images.BadImageCount} could not be read, {images.UnlabeledCount} have no label that is a training class.");
        log.Info($"Read {images.Count} {role} images" + (images.IsDecodedAnew ? ", which are decoded when their turn comes." : "."));
        return images;

        void Skip(BadImage bad)
        {
            var className = labels.Names[(int)bad.Label!.Value];
            log.Warn(MessageSensitivity.UserData,
                $"Skipped a {role} image of class '{VisibleText.Of(className)}'. {bad.Describe()}");
            Skipped.Add(new SkippedImage(role, bad.Row, bad.Path, className, bad.Reason));
        }
    }
}
