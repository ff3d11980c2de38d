namespace Microsoft.ML.Conformer;

/// <summary>Where and what is written down of how training goes.</summary>
public sealed class TrainingRecordOptions
{
    private const int MaxAugmentedImages = 64;

    /// <summary>
    /// Folder for the records, made where it is absent, or null (default): there are none. A run needs one of its own; a new run replaces
    /// what an earlier one left in it, a run that is resumed goes on with it.
    /// </summary>
    /// <remarks>
    /// history.csv has a line for each epoch: epoch, step (steps in all), loss, learning_rate, images_per_second, elapsed_seconds,
    /// validation_accuracy and validation_loss (empty without validation data), is_best, validation_macro_accuracy. Numbers are as in
    /// <see cref="TrainingProgress"/>. It is complete after each epoch, even where the run is killed. A folder that cannot be used is an
    /// <see cref="IOException"/> before the first epoch; one that fails later ends the records with a warning, not the training.
    /// </remarks>
    public string? Folder { get; set; }

    /// <summary>
    /// Whether event files for TensorBoard are written to the sub-folder "tensorboard" of <see cref="Folder"/>. Default true.
    /// </summary>
    /// <remarks>
    /// A few times a second: train/loss (the mean of the epoch so far), train/learning_rate, train/images_per_second and, on a CUDA GPU
    /// whose driver has NVML, gpu/memory_bytes and gpu/utilization (percent), both of the whole GPU. After each epoch: validation/accuracy,
    /// validation/macro_accuracy, validation/loss and, of up to 100 classes, validation/confusion: a row for each class, a column for each
    /// predicted class, the darker the larger the share of the row's images. A resumed run adds a file: steps that were done twice are in
    /// both.
    /// </remarks>
    public bool TensorBoard { get; set; } = true;

    /// <summary>Whether TensorBoard gets a histogram of every weight tensor after each epoch. Default false.</summary>
    public bool WeightHistograms { get; set; }

    /// <summary>
    /// Images of each epoch's first batch that TensorBoard shows, as they were varied at random, 0-64; 0 for none. Default 8.
    /// </summary>
    public int AugmentedImages { get; set; } = 8;

    internal TrainingRecordOptions Copy() => (TrainingRecordOptions)MemberwiseClone();

    /// <summary>What is out of range, one sentence for each.</summary>
    internal IEnumerable<string> Faults()
    {
        if (Folder is not null && string.IsNullOrWhiteSpace(Folder))
            yield return $"{nameof(Folder)} is empty; it must be a folder's path, or null.";
        if (AugmentedImages is < 0 or > MaxAugmentedImages)
            yield return $"{nameof(AugmentedImages)} is {AugmentedImages}; it must be 0-{MaxAugmentedImages}.";
    }
}
