using System.Text.Json.Serialization;

namespace Microsoft.ML.Conformer.Training;

/// <summary>
/// Where a run stands, beside the tensors: what its remaining steps and its summary follow from, with the settings and the images. The
/// order and the augmentation of images need no place here, as they follow from the seed, the epoch and the image.
/// </summary>
internal sealed record TrainingState
{
    /// <summary>Epochs done.</summary>
    public int Epoch { get; init; }

    /// <summary>Steps done in the epoch after those, and images seen and losses summed up in them.</summary>
    public int Step { get; init; }

    public int Images { get; init; }

    public double LossSum { get; init; }

    /// <summary>Steps done in all.</summary>
    public long Steps { get; init; }

    /// <summary>Time from the beginning of the run to that of the epoch.</summary>
    public TimeSpan EpochStart { get; init; }

    public TimeSpan Elapsed { get; init; }

    /// <summary>The most images that go through the network at once: fewer than a batch where the device's memory took no more.</summary>
    public long AtOnce { get; init; } = long.MaxValue;

    /// <summary>CPU threads, on whose number roundings depend.</summary>
    public int Threads { get; init; }

    /// <summary>The ranks that train together.</summary>
    public int Ranks { get; init; } = 1;

    /// <summary>
    /// Steps done beyond those of whole epochs and of the current one: another number of ranks has another number of steps in an epoch.
    /// </summary>
    public long OtherSteps { get; init; }

    /// <summary>The epoch that validates best so far, from 1; 0 before the first validation that is finite.</summary>
    public int BestEpoch { get; init; }

    /// <summary>Each epoch's; empty without validation.</summary>
    public IReadOnlyList<Validation> Validations { get; init; } = [];

    [JsonIgnore]
    public Validation? Best => BestEpoch == 0 ? null : Validations[BestEpoch - 1];

    /// <summary>Each epoch's training time for one image.</summary>
    public IReadOnlyList<TimeSpan> TimesPerImage { get; init; } = [];

    /// <summary>
    /// The same state for another number of ranks: the epoch goes on after as many of its images, or fewer by less than a step's, which are
    /// shown twice.
    /// </summary>
    /// <param name="ranks">Their number.</param>
    /// <param name="batchCount">Their steps in an epoch.</param>
    public TrainingState For(int ranks, int batchCount)
    {
        if (ranks == Ranks || Ranks < 1)
            return this;
        var step = Math.Min((int)((long)Step * Ranks / ranks), batchCount);
        return this with
        {
            Ranks = ranks,
            Step = step,
            OtherSteps = Steps - ((long)Epoch * batchCount) - step,
            Images = Step == 0 ? 0 : (int)((double)Images / Step / Ranks * step * ranks),
            LossSum = Step == 0 ? 0 : LossSum * step / Step,
        };
    }

    /// <summary>What no run comes to, as a sentence; null for a state that one can go on from.</summary>
    /// <param name="batchCount">Steps in an epoch.</param>
    public string? Fault(int batchCount) =>
        Epoch < 0 ? $"{nameof(Epoch)} is {Epoch}; it must be at least 0."
        : Step < 0 || Step > batchCount ? $"{nameof(Step)} is {Step}; it must be 0 to {batchCount}, the steps of an epoch."
        : Images < 0 || (Images == 0) != (Step == 0) ? $"{nameof(Images)} is {Images} after {Step} steps of the epoch."
        : Steps != ((long)Epoch * batchCount) + Step + OtherSteps
            ? $"{nameof(Steps)} is {Steps}; it must be {((long)Epoch * batchCount) + Step + OtherSteps}."
        : !double.IsFinite(LossSum) ? FormattableString.Invariant($"{nameof(LossSum)} is {LossSum}; it must be finite.")
        : EpochStart < TimeSpan.Zero || Elapsed < EpochStart ? $"{nameof(EpochStart)} is {EpochStart}, and {nameof(Elapsed)} {Elapsed}."
        : AtOnce < 1 ? $"{nameof(AtOnce)} is {AtOnce}; it must be at least 1."
        : Ranks < 1 ? $"{nameof(Ranks)} is {Ranks}; it must be at least 1."
        : Threads < 1 ? $"{nameof(Threads)} is {Threads}; it must be at least 1."
        : BestEpoch < 0 || BestEpoch > Epoch ? $"{nameof(BestEpoch)} is {BestEpoch}; it must be 0 to {Epoch}, the epochs done."
        : TimesPerImage.Count != Epoch || TimesPerImage.Any(time => time < TimeSpan.Zero)
            ? $"{nameof(TimesPerImage)} must be {Epoch} times of at least 0, one for each epoch done."
        : Validations.Count != 0 && Validations.Count != Epoch || Validations.Any(validation => validation is null)
            ? $"{nameof(Validations)} must be none, or {Epoch}, one for each epoch done."
        : BestEpoch > Validations.Count || Best is { IsFinite: false }
            ? $"{nameof(BestEpoch)} is {BestEpoch}, of which there is no finite validation."
        : null;
}

/// <summary>How a run ended.</summary>
/// <param name="End">Whether all epochs were trained, or what ended the run before.</param>
/// <param name="BestEpoch">
/// The epoch whose weights were kept, from 1: the one that validated best, or the last one without validation.
/// </param>
/// <param name="Validations">Each epoch's; empty without validation.</param>
/// <param name="MillisecondsPerImage">
/// Median over the epochs of the training time of an image, augmentation included and validation left out.
/// </param>
internal sealed record TrainingResult(
    TrainingEnd End, int BestEpoch, IReadOnlyList<Validation> Validations, double MillisecondsPerImage);
