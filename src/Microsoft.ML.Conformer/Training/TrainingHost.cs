using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training;

/// <summary>What a run tells and asks while it goes; by default nobody and nothing.</summary>
internal sealed record TrainingHost
{
    /// <summary>
    /// Told where training stands, on the run's thread, a few times a second and, with the figures where there is validation data, after
    /// each epoch.
    /// </summary>
    public Action<TrainingProgress, Validation?> Report { get; init; } = (_, _) => { };

    /// <summary>Told what a user may want to know.</summary>
    public Action<string> Tell { get; init; } = _ => { };

    /// <summary>Told what a user should know though the run goes on.</summary>
    public Action<string> Warn { get; init; } = _ => { };

    /// <summary>Told that the network has the weights that validate best so far or, without validation, those of the epoch's end.</summary>
    public Action KeepBest { get; init; } = () => { };

    /// <summary>Where the run's state is saved and found again, or null (default) for nowhere.</summary>
    public RunCheckpoints? Checkpoints { get; init; }

    public IReadOnlyList<ITrainingRecord> Records { get; init; } = [];

    public TimeProvider Clock { get; init; } = TimeProvider.System;
}

/// <summary>Writes down how a run goes.</summary>
internal interface ITrainingRecord : IDisposable
{
    /// <summary>A report within an epoch or, with <see cref="TrainingProgress.EpochEnded"/>, after it.</summary>
    void Add(TrainingProgress progress, TrainingDetails details);
}

/// <summary>What a record may look at while it is called.</summary>
/// <param name="Network">With the weights that were validated, after an epoch.</param>
/// <param name="Step">Steps done in all.</param>
/// <param name="FirstBatch">The first batch of the epoch, augmented, within the epoch's first report only.</param>
/// <param name="Validation">After an epoch with validation data.</param>
internal sealed record TrainingDetails(nn.Module Network, long Step, IBatch? FirstBatch, Validation? Validation);
