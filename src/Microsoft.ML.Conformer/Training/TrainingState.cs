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

    /// <summary>The epoch that validates best so far, from 1; 0 before the first validation that is finite.</summary>
    public int BestEpoch { get; init; }

    public Validation? Best { get; init; }

    /// <summary>Each epoch's, a fraction 0-1.</summary>
    public IReadOnlyList<double> ValidationAccuracies { get; init; } = [];

    /// <summary>Each epoch's training time for one image.</summary>
    public IReadOnlyList<TimeSpan> TimesPerImage { get; init; } = [];
}
