using Microsoft.ML.AutoML;
using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.Conformer.AutoML;

/// <summary>
/// Runs the trials of an AutoML experiment over a pipeline with <c>mlContext.Auto().Conformer()</c>: ends hopeless ones early, stops when
/// the experiment does, goes on after one that fails, and recalls those that a journal has from an earlier run.
/// </summary>
/// <remarks>
/// <para>
/// Set it after the pipeline: <c>experiment.SetPipeline(pipeline).SetTrialRunner(runner)</c>. Data and metric are the runner's own; an
/// experiment's SetDataset and its metric have no effect on it.
/// </para>
/// <para>
/// A trial that the experiment ends, because of its time or a cancellation, is left within a second, even in the midst of a long training
/// step; that step then ends by itself (<see cref="WhenIdle"/>). Such a trial has no result and is not in the journal. But where the
/// trainer's OnCancel is <see cref="EarlyEnd.ReturnBest"/>, its running step is waited for, and its best epoch so far is its result
/// (<see cref="ConformerTrialResult.IsCutShort"/>); the journal does not have it either. The same is true of a trial that the token of the
/// trainer's options ends. Cancel both at once to be sure: AutoML itself waits for the first trial, however long it takes.
/// </para>
/// <para>
/// A pruned trial's result has no model, the best metric of its validation curve, and a loss above that of each finished trial. Neither has
/// a recalled trial's a model.
/// </para>
/// </remarks>
public sealed class ConformerTrialRunner : ITrialRunner
{
    private const string PipelineKey = "_pipeline_";

    /// <summary>Characters that are shown of an error in a journal.</summary>
    private const int MaxErrorLength = 1000;

    /// <summary>How long an ended trial's work may take to end before it is left to itself.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromMilliseconds(500);

    private readonly MLContext _context;
    private readonly SweepablePipeline _pipeline;
    private readonly IDataView _training, _validation;
    private readonly ConformerTrialOptions _options;
    private readonly TrialMetric _metric;
    private readonly SuccessiveHalving? _pruning;
    private double _bestLoss = double.PositiveInfinity;
    private bool _isFirst = true, _hasResult;
    private int _failures;

    /// <param name="mlContext">Where pipelines are built and models evaluated.</param>
    /// <param name="pipeline">The experiment's pipeline.</param>
    /// <param name="training">What to train on.</param>
    /// <param name="validation">What to judge models by; best the images that the trainer's validation set has.</param>
    /// <param name="options">How; by default as <see cref="ConformerTrialOptions"/> says.</param>
    /// <exception cref="ArgumentException">An option is out of range, or the metric is none that trials can be judged by.</exception>
    public ConformerTrialRunner(
        MLContext mlContext, SweepablePipeline pipeline, IDataView training, IDataView validation, ConformerTrialOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(mlContext);
        ArgumentNullException.ThrowIfNull(pipeline);
        ArgumentNullException.ThrowIfNull(training);
        ArgumentNullException.ThrowIfNull(validation);
        _options = options ?? new ConformerTrialOptions();
        _options.Check();
        (_context, _pipeline, _training, _validation) = (mlContext, pipeline, training, validation);
        _metric = new TrialMetric(_options.Metric, _options.LabelColumnName);
        _pruning = _options.Pruning is { } pruning ? new SuccessiveHalving(pruning) : null;
        _bestLoss = _options.Journal?.Best?.Loss ?? _bestLoss;
    }

    /// <summary>Ends when no work of an ended trial is left; at once, where none is.</summary>
    public Task WhenIdle { get; private set; } = Task.CompletedTask;

    /// <summary>Runs a trial, or recalls it.</summary>
    /// <exception cref="TrialFailedException">The trial failed.</exception>
    /// <exception cref="OperationCanceledException">The experiment was ended.</exception>
    /// <exception cref="DllNotFoundException">libtorch or ONNX Runtime cannot be loaded.</exception>
    public async Task<TrialResult> RunAsync(TrialSettings settings, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return Known(settings) is { } record ? Recall(record, settings) : await TrainAsync(settings, ct);
    }

    /// <summary>Does nothing: AutoML disposes the runner after each trial.</summary>
    public void Dispose()
    {
    }

    /// <summary>Readies a trial: gives it the defaults, if it is the first one, and a number of its own.</summary>
    /// <returns>Its record, if an earlier run had it; null where it is to be trained.</returns>
    internal TrialRecord? Known(TrialSettings settings)
    {
        if (_isFirst && _options.StartWithDefaults)
            settings.Parameter = WithDefaults(settings.Parameter);
        _isFirst = false;
        if (_options.Journal?.Recall(settings.Parameter) is { } record)
            return record;
        settings.TrialId = _options.Journal?.FreeId(settings.TrialId) ?? settings.TrialId;
        return null;
    }

    /// <summary>Takes into account how a trial went that was run elsewhere.</summary>
    internal void Learn(TrialRecord record)
    {
        if (_pruning is not null)
            RunningTrial.Replay(record, _metric, _pruning);
        _hasResult |= record.Outcome != TrialOutcome.Failed;
        if (record.Outcome == TrialOutcome.Finished && record.Loss < _bestLoss)
            _bestLoss = record.Loss.Value;
    }

    /// <summary>Runs a trial that is not known.</summary>
    internal async Task<ConformerTrialResult> TrainAsync(TrialSettings settings, CancellationToken ct)
    {
        await WhenIdle.WaitAsync(ct);
        var trial = new RunningTrial(settings, _metric, _pruning, _options.Progress);
        try
        {
            var (model, metric) = await RunAsync(trial, settings.Parameter[PipelineKey], ct);
            if (!trial.IsPruned || IsEnded())
                return Finish(trial, settings, model, metric, isWhole: !IsEnded());
            Discard(model); // of its best epoch, which is not among the best
            return Prune(trial, settings);
        }
        catch (OperationCanceledException) when (trial.IsPruned && !IsEnded())
        {
            return Prune(trial, settings);
        }
        // A machine without libtorch is no trial's fault.
        catch (Exception exception) when (!IsEnded() && exception is not DllNotFoundException)
        {
            Fail(trial, settings, exception);
            throw;
        }

        bool IsEnded() => ct.IsCancellationRequested || trial.Watch.IsEndedByCaller;
    }

    /// <summary>The parameters with the pipeline's part at the search space's first values.</summary>
    private Parameter WithDefaults(Parameter proposed)
    {
        var space = _pipeline.SearchSpace;
        var parameter = Parameter.CreateNestedParameter([.. proposed.AsEnumerable()]);
        parameter[PipelineKey] = space.SampleFromFeatureSpace(space.Default);
        return parameter;
    }

    private ConformerTrialResult Recall(TrialRecord record, TrialSettings settings)
    {
        Learn(record);
        return record.Outcome != TrialOutcome.Failed ? ConformerTrialResult.Of(record, settings, isRecalled: true)
            : throw new TrialFailedException(
                record.Error is { } error ? VisibleText.Cut(error, MaxErrorLength) : "The trial failed in an earlier run.");
    }

    private async Task<(ITransformer Model, double Metric)> RunAsync(RunningTrial trial, Parameter parameter, CancellationToken ct)
    {
        var work = Task.Factory.StartNew(
            () => FitAndEvaluate(trial, parameter), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        using var giveUp = ct.UnsafeRegister(static trial => ((RunningTrial)trial!).GiveUp(), trial);
        try
        {
            return await work.WaitAsync(ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // It finished while the experiment was being ended, or gives its best epoch: a result is a result.
            var patience = trial.Watch.ReturnsBest ? Timeout.InfiniteTimeSpan : _patience;
            if (await Task.WhenAny(work, Task.Delay(patience, CancellationToken.None)) == work && work.IsCompletedSuccessfully)
                return await work;
            WhenIdle = Forget(work);
            throw;
        }
    }

    private (ITransformer Model, double Metric) FitAndEvaluate(RunningTrial trial, Parameter parameter)
    {
        trial.Watch.Watch(_context);
        var model = _pipeline.BuildFromOption(_context, parameter).Fit(_training);
        try
        {
            return (model, _metric.Evaluate(_context, model.Transform(_validation)));
        }
        catch
        {
            Discard(model);
            throw;
        }
    }

    /// <summary>The journal has only trials that were whole, lest a later run takes one that the budget cut for what it could be.</summary>
    private ConformerTrialResult Finish(RunningTrial trial, TrialSettings settings, ITransformer model, double metric, bool isWhole)
    {
        // The time is without saving the model.
        var record = Record(trial, settings, TrialOutcome.Finished) with { Metric = metric, Loss = _metric.Loss(metric) };
        var result = ConformerTrialResult.Of(record, settings, isCutShort: !isWhole);
        if (result.Loss < _bestLoss)
        {
            result.Model = model;
            _options.BestFound?.Invoke(result);
            _bestLoss = result.Loss;
        }
        else
            Discard(model);
        _hasResult = true;
        if (isWhole)
            _options.Journal?.Append(record);
        return result;
    }

    private ConformerTrialResult Prune(RunningTrial trial, TrialSettings settings)
    {
        var record = Record(trial, settings, TrialOutcome.Pruned) with
        {
            Metric = trial.BestMetric,
            Loss = _metric.PrunedLoss(trial.BestMetric),
        };
        _hasResult = true;
        _options.Journal?.Append(record);
        return ConformerTrialResult.Of(record, settings);
    }

    private void Fail(RunningTrial trial, TrialSettings settings, Exception exception)
    {
        var message = VisibleText.Reason(exception);
        _failures++;
        var record = Record(trial, settings, TrialOutcome.Failed) with { Error = $"{exception.GetType().Name}: {message}" };
        _options.Journal?.Append(record);
        if (_hasResult || _failures <= _options.MaxFailuresAtFirst)
            throw new TrialFailedException($"Trial {settings.TrialId} failed: {message}", exception) { Record = record };
    }

    private static TrialRecord Record(RunningTrial trial, TrialSettings settings, TrialOutcome outcome) => new()
    {
        Id = settings.TrialId,
        Outcome = outcome,
        Parameter = settings.Parameter,
        Epochs = trial.Epochs,
        Curve = [.. trial.Curve],
        StartedAtUtc = settings.StartedAtUtc,
        Seconds = trial.Elapsed.TotalSeconds,
    };

    private static async Task Forget(Task<(ITransformer Model, double Metric)> work)
    {
        try
        {
            Discard((await work.ConfigureAwait(false)).Model);
        }
        catch (Exception)
        {
            // The trial was ended: nobody asks how.
        }
    }

    private static void Discard(ITransformer model) => (model as IDisposable)?.Dispose();
}
