using System.Globalization;
using Microsoft.ML.AutoML;
using Microsoft.ML.Conformer.AutoML;
using Microsoft.ML.Data;
using Microsoft.ML.SearchSpace;

namespace Conformer.Cli.Sweeping;

/// <summary>The main job: an AutoML experiment over a pipeline with a Conformer.</summary>
internal sealed class Sweep : IAsyncDisposable
{
    private readonly MLContext _mlContext;
    private readonly SweepSettings _settings;
    private readonly RankGroup _ranks;
    private readonly ConformerTrainer.Options _options;
    private readonly IDataView _training, _validation;
    private readonly IDataView? _heldOut;
    private Task _lastStep = Task.CompletedTask;

    /// <summary>Opens the journal of the output folder, or begins one.</summary>
    /// <exception cref="InvalidOperationException">The folder has the journal of another sweep, or the ranks' sweeps differ.</exception>
    public Sweep(MLContext mlContext, ImageSplits images, SweepSettings settings, RankGroup ranks)
    {
        (_mlContext, _settings, _options, _ranks) = (mlContext, settings, settings.Training, ranks);
        Space = SweepSpace.Swept(settings);

        // The class names become keys; the model itself needs no Label, so this is not part of it.
        var keys = mlContext.Transforms.Conversion.MapValueToKey("Label").Fit(images.Training);
        _training = keys.Transform(images.Training);
        _options.Validation.Data = _validation = keys.Transform(images.Validation);
        _heldOut = images.Test is { } test ? keys.Transform(test) : null;
        var description = Describe(images);
        RankComparison.EnsureSame(ranks.All, () => new Dictionary<string, string>(description)
        {
            ["--max-models"] = $"{settings.MaxModels}",
            ["--time-budget"] = $"{settings.TimeBudget}",
            ["--output"] = settings.Output,
        });
        Journal = TrialJournal.Open(settings.File("trials.jsonl"), description, ranks.All);
        Models = new BestModels(mlContext, _training.Schema, Journal, settings);
    }

    /// <summary>What is swept.</summary>
    public SearchSpace<ConformerSweepOptions> Space { get; }

    /// <summary>The trials that have ended, those of an interrupted run included.</summary>
    public TrialJournal Journal { get; }

    /// <summary>The models worth keeping.</summary>
    public BestModels Models { get; }

    /// <summary>How long trials take.</summary>
    public TrialPace Pace { get; } = new();

    /// <summary>The best trial so far; null where there is none.</summary>
    public BestTrial? Best { get => field ?? BestTrial.Of(Journal.Best); private set; }

    /// <summary>Time left of the budget; null where there is none.</summary>
    public TimeSpan? Remaining => _settings.TimeBudget - TimeSpan.FromSeconds(SecondsOf(Journal.Records));

    /// <summary>
    /// Runs trials until the time, the number of trials or the user's patience is used up. Of a trial that runs then, the best epoch counts.
    /// </summary>
    /// <param name="board">Shows the trials; null where nobody looks.</param>
    /// <param name="end">The ranks' token is of it; it is canceled when the time is used up.</param>
    public async Task RunAsync(TrialBoard? board, CancellationTokenSource end)
    {
        var remaining = Remaining;
        if (remaining <= TimeSpan.Zero)
            return;

        var isAlone = _ranks.All.Size == 1;
        // Not AutoML's own limit, which waits for the first trial, however long it takes.
        if (remaining is { } time && _ranks.All.Rank == 0)
            end.CancelAfter(time);
        _options.CancellationToken = _ranks.Cancellation;
        if (!isAlone)
        {
            _options.Scoring.IntraOpThreads ??= _options.Threads ?? _ranks.Processors;
            _options.MaxCacheBytes ??= GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 8 / _ranks.Machine.Size;
            _ranks.WaitWithoutLimit(); // a round takes as long as its longest trial, which nobody knows
        }
        var pipeline = new EstimatorChain<ITransformer>()
            .Append(_mlContext.Auto().Conformer(_options, Space))
            .Append(_mlContext.Transforms.Conversion.MapKeyToValue("PredictedClass", "PredictedLabel"));
        var options = new ConformerTrialOptions
        {
            Metric = _settings.Metric,
            Pruning = _settings.Prunes ? new SuccessiveHalvingOptions() : null,
            Journal = Journal,
            BestFound = isAlone ? SaveAndKeep : Models.Save,
            Progress = board is null ? null : new Both(Pace, board),
        };
        var runner = new ConformerTrialRunner(
            _mlContext, pipeline, _training, _validation, isAlone ? options : options with { MaxFailuresAtFirst = int.MaxValue });
        var rounds = isAlone ? null : new TrialRounds(runner, Journal, _ranks) { Monitor = board, BestFound = Keep };
        var experiment = _mlContext.Auto().CreateExperiment()
            .SetSteppedPipeline(pipeline)
            .SetTuner(_settings.Tuner, _options.Seed);
        if (rounds is null)
            experiment.SetTrialRunner(runner).SetMonitor(board);
        else
            experiment.SetTrialRunner(rounds);
        if (_settings.MaxModels is { } maxModels)
            experiment.SetMaxModelToExplore(maxModels);
        try
        {
            await experiment.RunAsync(rounds?.End ?? _ranks.Cancellation);
        }
        catch (TimeoutException)
        {
            // AutoML's way to say that no trial has finished; there is a best one, or none.
        }
        finally
        {
            _lastStep = runner.WhenIdle;
            await _lastStep;
        }
        rounds?.EndRound();
    }

    /// <summary>The metric of a kept model on the images that no trial has seen; null where there is no such model, or no such image.</summary>
    public double? EvaluateHeldOut(int trialId)
    {
        if (_heldOut is null)
            return null;
        using var model = Models.Open(trialId);
        return model is null ? null : _settings.Metric.Of(_mlContext.MulticlassClassification.Evaluate(model.Transform(_heldOut)));
    }

    /// <summary>Waits for the training step that was under way when the sweep ended.</summary>
    public async ValueTask DisposeAsync()
    {
        await _lastStep;
        Journal.Dispose();
    }

    private void SaveAndKeep(TrialResult result)
    {
        Models.Save(result);
        Keep((ConformerTrialResult)result);
    }

    private void Keep(ConformerTrialResult result)
    {
        Best = BestTrial.Of(result);
        if (_ranks.All.Rank == 0)
            Models.DropAllBut(result.TrialSettings.TrialId);
    }

    /// <summary>How long trials ran, of which several ranks run some at once.</summary>
    internal static double SecondsOf(IEnumerable<TrialRecord> trials)
    {
        var (seconds, until) = (0.0, double.NegativeInfinity);
        foreach (var trial in trials.OrderBy(trial => trial.StartedAtUtc))
        {
            var begin = (trial.StartedAtUtc - DateTime.UnixEpoch).TotalSeconds;
            seconds += Math.Max(0, begin + trial.Seconds - Math.Max(begin, until));
            until = Math.Max(until, begin + trial.Seconds);
        }
        return seconds;
    }

    /// <summary>What makes trials comparable.</summary>
    private Dictionary<string, string> Describe(ImageSplits images)
    {
        var description = new Dictionary<string, string>
        {
            ["data"] = _settings.Data ?? "drawn",
            ["images"] = $"{images.Classes.Sum(one => one.Training)}+{images.Classes.Sum(one => one.Validation)}+" +
                $"{images.Classes.Sum(one => one.Test)}",
            ["classes"] = $"{images.Classes.Count}",
            ["metric"] = _settings.Metric.Text(),
            ["tuner"] = _settings.Tuner.ToString(),
            ["pruning"] = _settings.Prunes ? "on" : "off",
            ["variant"] = ArgumentChecks.WordOf(_options.Variant),
            ["recipe"] = _options.Recipe.Name,
            ["crop-area-min"] = _options.Augmentation.CropAreaMin.ToString(CultureInfo.InvariantCulture),
        };
        foreach (var one in TrainerOptions.All)
            description[ConfigurationOption.NameOf(one.Option)] = one.TextOf(_options) ?? "none";
        foreach (var (member, option) in Space)
        {
            var name = SweptValues.OptionName(member);
            description[name] = $"{SweepSpace.Describe(option)} from {description[name]}";
        }
        // These change no result, so that an interrupted sweep may go on with others.
        foreach (var name in (string[])["threads", "image-caching", "cache-folder", "distributed", "distributed-timeout-minutes"])
            description.Remove(name);
        return description;
    }

    private sealed class Both(IProgress<TrialProgress> one, IProgress<TrialProgress> other) : IProgress<TrialProgress>
    {
        public void Report(TrialProgress value)
        {
            one.Report(value);
            other.Report(value);
        }
    }
}
