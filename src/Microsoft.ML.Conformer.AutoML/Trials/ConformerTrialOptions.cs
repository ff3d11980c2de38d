using Microsoft.ML.AutoML;

namespace Microsoft.ML.Conformer.AutoML;

/// <summary>How a <see cref="ConformerTrialRunner"/> runs trials.</summary>
public sealed record ConformerTrialOptions
{
    /// <summary>
    /// What to judge models by: micro-accuracy (default), macro-accuracy or log-loss, of the validation data. Pruning goes by the
    /// validation curve's accuracy for either accuracy, and by its loss for the log-loss.
    /// </summary>
    public MulticlassClassificationMetric Metric { get; init; } = MulticlassClassificationMetric.MicroAccuracy;

    /// <summary>Name of the label column, a key. Default "Label".</summary>
    public string LabelColumnName { get; init; } = ScoringColumns.DefaultLabel;

    /// <summary>When hopeless trials end early; null: never. By default as <see cref="SuccessiveHalvingOptions"/> says.</summary>
    /// <remarks>It needs a validation set in the trainer's options: without one there is no validation curve.</remarks>
    public SuccessiveHalvingOptions? Pruning { get; init; } = new();

    /// <summary>Whether the first trial takes the search space's first values, whatever the tuner proposes. Default true.</summary>
    /// <remarks>No best trial is then worse than the defaults.</remarks>
    public bool StartWithDefaults { get; init; } = true;

    /// <summary>
    /// Where ended trials are kept, so that an interrupted experiment goes on: a proposal that it has already is answered from it. Null
    /// (default): nowhere.
    /// </summary>
    public TrialJournal? Journal { get; init; }

    /// <summary>
    /// Called with each finished trial that is the best so far, before the journal has it: the place to save its model. The model is then
    /// the caller's, to dispose once a better one comes; models of other trials are disposed at once. Null by default.
    /// </summary>
    public Action<TrialResult>? BestFound { get; init; }

    /// <summary>Told where the running trial's training stands, on the training thread. Null by default.</summary>
    public IProgress<TrialProgress>? Progress { get; init; }

    /// <summary>
    /// So many trials may fail, at least 0, while none has ended otherwise; one more failure ends the experiment with its exception, as the
    /// data or the options themselves are then at fault. Default 2.
    /// </summary>
    public int MaxFailuresAtFirst { get; init; } = 2;

    internal void Check()
    {
        Pruning?.Check();
        if (string.IsNullOrWhiteSpace(LabelColumnName))
            throw new ArgumentException($"{nameof(LabelColumnName)} is empty; it must name a column.");
        if (MaxFailuresAtFirst < 0)
            throw new ArgumentException($"{nameof(MaxFailuresAtFirst)} is {MaxFailuresAtFirst}; it must be at least 0.");
    }
}

/// <summary>Where a running trial stands.</summary>
/// <param name="TrialId">The trial's number, from 0.</param>
/// <param name="Training">Where its training stands.</param>
public sealed record TrialProgress(int TrialId, TrainingProgress Training);
