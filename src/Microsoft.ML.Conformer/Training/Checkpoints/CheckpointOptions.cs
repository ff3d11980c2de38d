namespace Microsoft.ML.Conformer;

/// <summary>Where and when the state of training is saved, so that a run that was killed goes on where it was.</summary>
public sealed class CheckpointOptions
{
    /// <summary>
    /// Folder for the checkpoints, made where it is absent, or null (default): none are written. A run needs one of its own.
    /// </summary>
    /// <remarks>
    /// A checkpoint is what the rest of training follows from: weights, optimizer, average, best weights and random numbers
    /// (step-N.safetensors) and where the run stands (step-N.json). Beside them best.onnx is the model with the best weights so far,
    /// which LoadImageClassifier reads. Each file is written under another name, flushed to the disk and then moved.
    /// </remarks>
    public string? Folder { get; set; }

    /// <summary>Steps from one checkpoint to the next, at least 1; null (default): steps do not count.</summary>
    public int? EverySteps { get; set; }

    /// <summary>
    /// Time from one checkpoint to the next, above 0; null (default): 10 minutes where <see cref="EverySteps"/> is null too, otherwise time
    /// does not count. One is written in any case when training ends or is canceled.
    /// </summary>
    public TimeSpan? Every { get; set; }

    /// <summary>Checkpoints that are kept, the newest, at least 1. Default 2, so that a damaged one costs little.</summary>
    public int Keep { get; set; } = 2;

    /// <summary>
    /// Whether training goes on from the newest checkpoint in <see cref="Folder"/>, from the start where there is none. Default false: a
    /// folder with checkpoints is then an error.
    /// </summary>
    /// <remarks>
    /// On the CPU, with the same number of threads, it ends with the same weights, to the bit, as a run that was not interrupted. Other
    /// images, classes or options are an error that lists the differences. A damaged checkpoint is passed over with a warning.
    /// </remarks>
    public bool Resume { get; set; }

    internal CheckpointOptions Copy() => (CheckpointOptions)MemberwiseClone();

    /// <summary>What is out of range, one sentence for each.</summary>
    internal IEnumerable<string> Faults()
    {
        if (Folder is not null && string.IsNullOrWhiteSpace(Folder))
            yield return $"{nameof(Folder)} is empty; it must be a folder's path, or null.";
        if (EverySteps < 1)
            yield return $"{nameof(EverySteps)} is {EverySteps}; it must be at least 1, or null.";
        if (Every <= TimeSpan.Zero)
            yield return $"{nameof(Every)} is {Every}; it must be above 0, or null.";
        if (Keep < 1)
            yield return $"{nameof(Keep)} is {Keep}; it must be at least 1.";
        if (Resume && Folder is null)
            yield return $"{nameof(Resume)} is true, but {nameof(Folder)} does not say where the checkpoints are.";
    }
}
