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
        if (_isFirst && _options.StartWithDefaults)
            settings.Parameter = WithDefaults(settings.Parameter);
        _isFirst = false;
        if (_options.Journal?.Recall(settings.Parameter) is { } record)
            return Recall(record, settings);
        settings.TrialId = _options.Journal?.FreeId(settings.TrialId) ?? settings.TrialId;

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

    /// <summary>Does nothing: AutoML disposes the runner after each trial.</summary>
    public void Dispose()
    {
    }

    /// <summary>The parameters with the pipeline's part at the search space's first values.</summary>
    private Parameter WithDefaults(Parameter proposed)
    {
        var space = _pipeline.SearchSpace;
        var parameter = Parameter.CreateNestedParameter([.. proposed.AsEnumerable()]);
        parameter[PipelineKey] = space.SampleFromFeatureSpace(space.Default);
        return parameter;
    }

    private TrialResult Recall(TrialRecord record, TrialSettings settings)
    {
        if (_pruning is not null)
            RunningTrial.Replay(record, _metric, _pruning);
        if (record.Outcome == TrialOutcome.Failed)
            throw new TrialFailedException(
                record.Error is { } error ? VisibleText.Cut(error, MaxErrorLength) : "The trial failed in an earlier run.");
        _hasResult = true;
        return new ConformerTrialResult
        {
            Outcome = record.Outcome,
            EpochsTrained = record.Curve.Count,
            Epochs = record.Epochs,
            IsRecalled = true,
            TrialSettings = settings,
            Metric = record.Metric!.Value,
            Loss = record.Loss!.Value,
            DurationInMilliseconds = TimeSpan.FromSeconds(record.Seconds).TotalMilliseconds,
        };
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
    private TrialResult Finish(RunningTrial trial, TrialSettings settings, ITransformer model, double metric, bool isWhole)
    {
        var result = Result(trial, settings, TrialOutcome.Finished, metric, _metric.Loss(metric), isCutShort: !isWhole);
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
            Note(trial, result);
        return result;
    }

    private TrialResult Prune(RunningTrial trial, TrialSettings settings)
    {
        var result = Result(trial, settings, TrialOutcome.Pruned, trial.BestMetric, _metric.PrunedLoss(trial.BestMetric));
        Note(trial, result);
        return result;
    }

    private void Fail(RunningTrial trial, TrialSettings settings, Exception exception)
    {
        var message = VisibleText.Reason(exception);
        _failures++;
        _options.Journal?.Append(Record(trial, settings, TrialOutcome.Failed) with { Error = $"{exception.GetType().Name}: {message}" });
        if (_hasResult || _failures <= _options.MaxFailuresAtFirst)
            throw new TrialFailedException($"Trial {settings.TrialId} failed: {message}", exception);
    }

    private void Note(RunningTrial trial, ConformerTrialResult result)
    {
        _hasResult = true;
        var seconds = TimeSpan.FromMilliseconds(result.DurationInMilliseconds).TotalSeconds; // without saving the model
        _options.Journal?.Append(
            Record(trial, result.TrialSettings, result.Outcome) with { Metric = result.Metric, Loss = result.Loss, Seconds = seconds });
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

    private static ConformerTrialResult Result(
        RunningTrial trial, TrialSettings settings, TrialOutcome outcome, double metric, double loss, bool isCutShort = false) => new()
        {
            Outcome = outcome,
            EpochsTrained = trial.Curve.Count,
            Epochs = trial.Epochs,
            IsCutShort = isCutShort,
            TrialSettings = settings,
            Metric = metric,
            Loss = loss,
            DurationInMilliseconds = trial.Elapsed.TotalMilliseconds,
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
