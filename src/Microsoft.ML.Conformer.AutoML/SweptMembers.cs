namespace Microsoft.ML.Conformer.AutoML;

/// <summary>The members of a search space, which make a trainer's options those of a trial.</summary>
internal sealed class SweptMembers
{
    private readonly HashSet<string> _names;
    private readonly List<SweptMember> _members;

    /// <exception cref="ArgumentException">A name is that of no member.</exception>
    public SweptMembers(IEnumerable<string> names, Type swept, Type options)
    {
        _names = [.. names];
        // Of the augmentation single values are changed, so that the recipe must come first.
        _members = [.. _names.OrderBy(name => name != nameof(ImageClassificationTrainerOptions.Recipe))
            .Select(name => SweptMember.Named(name, swept, options))];
    }

    /// <summary>The options of a trial.</summary>
    /// <param name="options">What is not swept.</param>
    /// <param name="swept">What is.</param>
    public TOptions Apply<TOptions>(TOptions options, ImageClassificationSweepOptions swept) where TOptions : ImageClassificationTrainerOptions
    {
        var trial = (TOptions)options.Copy();
        foreach (var member in _members)
            member.Apply(swept, trial);
        // Else it would mean something else with each recipe.
        if (_names.Contains(nameof(trial.Recipe)) && _names.Contains(nameof(trial.LearningRate)))
            trial.LearningRateBatchSize = options.LearningRateBatchSize;
        LeaveOutWhatHasNoPart(trial, options.Transfer);
        return trial;
    }

    private void LeaveOutWhatHasNoPart(ImageClassificationTrainerOptions trial, TransferOptions own)
    {
        var transfer = trial.Transfer;
        if (trial.PretrainedWeights is null)
            (transfer.Freeze, transfer.LayerDecay, transfer.HeadLearningRateFactor) =
                (own.Freeze, own.LayerDecay, own.HeadLearningRateFactor);
        if (transfer.Freeze == Freezing.Backbone && _names.Contains(nameof(transfer.LayerDecay)))
            transfer.LayerDecay = 1;
    }
}
