namespace Microsoft.ML.Conformer.AutoML;

/// <summary>When hopeless trials end early.</summary>
/// <remarks>
/// <para>
/// Successive halving as in L. Li et al., "A System for Massively Parallel Hyperparameter Tuning" (ASHA), MLSys 2020, with trials one after
/// the other: at rungs on its way a trial goes on only while it is among the best 1 / <see cref="ReductionFactor"/> of all trials that have
/// come to that rung, or the best of them.
/// </para>
/// <para>
/// A rung is a fraction of the trial's own epochs, because the learning rate's schedule is stretched over them: with the defaults 1/9 and
/// 1/3, but not before <see cref="MinEpochs"/>. Where two rungs fall on one epoch only the later one counts, and none counts on the last.
/// </para>
/// </remarks>
public sealed record SuccessiveHalvingOptions
{
    /// <summary>Of how many trials one goes on, at least 2. Default 3.</summary>
    public int ReductionFactor { get; init; } = 3;

    /// <summary>Number of rungs, at least 1; each comes <see cref="ReductionFactor"/> times as late as the one before. Default 2.</summary>
    public int Rungs { get; init; } = 2;

    /// <summary>No trial ends before so many epochs, at least 1. Default 3: the trainer's warm-up of two epochs tells little.</summary>
    public int MinEpochs { get; init; } = 3;

    internal void Check()
    {
        if (ReductionFactor < 2)
            throw new ArgumentException($"{nameof(ReductionFactor)} is {ReductionFactor}; it must be at least 2.");
        if (Rungs < 1)
            throw new ArgumentException($"{nameof(Rungs)} is {Rungs}; it must be at least 1.");
        if (MinEpochs < 1)
            throw new ArgumentException($"{nameof(MinEpochs)} is {MinEpochs}; it must be at least 1.");
    }
}
