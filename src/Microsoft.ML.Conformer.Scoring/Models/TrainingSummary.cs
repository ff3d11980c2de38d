namespace Microsoft.ML.Conformer;

/// <summary>How a training run went.</summary>
public sealed record TrainingSummary
{
    /// <summary>The device used: "cpu" or "cuda".</summary>
    public required string Device { get; init; }

    /// <summary>Whether all epochs were trained, or what ended the run before.</summary>
    public required TrainingEnd End { get; init; }

    /// <summary>Number of images trained on in each epoch.</summary>
    public required int TrainingImages { get; init; }

    /// <summary>Number of validation images; 0 where no validation set was given.</summary>
    public required int ValidationImages { get; init; }

    /// <summary>Images that could not be used and were left out, of training and validation; empty unless they are to be skipped.</summary>
    public IReadOnlyList<SkippedImage> SkippedImages { get; init; } = [];

    /// <summary>
    /// The epoch whose weights were kept, from 1: the one that validated best, or the last one without validation.
    /// </summary>
    public required int BestEpoch { get; init; }

    /// <summary>Each epoch's validation accuracy (fraction 0-1); empty without validation, and of other networks than classifiers.</summary>
    public IReadOnlyList<double> ValidationAccuracies { get; init; } = [];

    /// <summary>Each epoch's figures of the validation by their names, those of the history file; empty without validation.</summary>
    public IReadOnlyList<IReadOnlyDictionary<string, double>> ValidationFigures { get; init; } = [];

    /// <summary>
    /// Median over the epochs of the training time, augmentation included and validation left out, in milliseconds per image.
    /// </summary>
    public required double TrainMillisecondsPerImage { get; init; }

    /// <summary>
    /// This process's rank among those that trained together, from 0; 0 where it trained alone. Rank 0 is the one to save.
    /// </summary>
    public int Rank { get; init; }

    /// <summary>The number of processes that trained together. Default 1.</summary>
    public int Ranks { get; init; } = 1;
}
