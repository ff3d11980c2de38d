using Microsoft.ML.Runtime;
using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.AutoML;

/// <summary>Runs trials that a tuner proposes, one after the other, and remembers the one with the lowest loss.</summary>
public class AutoMLExperiment
{
    internal const string PipelineSearchSpaceName = "_pipeline_";

    private readonly MLContext _context;
    private readonly AutoMLExperimentSettings _settings;
    private TimeSpan? _time;
    private int _maxTrials = int.MaxValue;
    private IMonitor _monitor;
    private Func<AutoMLExperimentSettings, ITuner> _tuner;
    private Func<ITrialRunner> _runner;

    internal AutoMLExperiment(MLContext context, AutoMLExperimentSettings settings)
    {
        (_context, _settings) = (context, settings);
        settings.Seed ??= ((IHostEnvironmentInternal)context).Seed;
        settings.SearchSpace ??= new SearchSpace.SearchSpace();
    }

    /// <summary>What <see cref="SweepablePipelineRunner"/> fits a pipeline to, and judges it by.</summary>
    internal (IDataView Training, IDataView Validation) Data { get; set; }

    internal MulticlassMetric Metric { get; set; }

    public AutoMLExperiment SetTrainingTimeInSeconds(uint trainingTimeInSeconds)
    {
        _time = TimeSpan.FromSeconds(trainingTimeInSeconds);
        return this;
    }

    public AutoMLExperiment SetMaxModelToExplore(int maxModel)
    {
        _maxTrials = maxModel;
        return this;
    }

    public AutoMLExperiment AddSearchSpace(string key, SearchSpace.SearchSpace searchSpace)
    {
        _settings.SearchSpace[key] = searchSpace;
        return this;
    }

    public AutoMLExperiment SetMonitor<TMonitor>(TMonitor monitor)
        where TMonitor : class, IMonitor
    {
        _monitor = monitor;
        return this;
    }

    public AutoMLExperiment SetTrialRunner<TTrialRunner>(TTrialRunner runner)
        where TTrialRunner : class, ITrialRunner => SetTrialRunner(() => runner);

    public AutoMLExperiment SetTuner<TTuner>(TTuner proposer)
        where TTuner : class, ITuner => SetTuner(_ => proposer);

    /// <summary>
    /// Runs until time or trials are used up, and gives the best trial. A trial that fails is passed over, unless none has succeeded
    /// before: then its exception ends the experiment, except where it is an <see cref="OperationCanceledException"/> or an
    /// <see cref="OutOfMemoryException"/>.
    /// </summary>
    /// <exception cref="TimeoutException">No trial has succeeded.</exception>
    public async Task<TrialResult> RunAsync(CancellationToken ct = default)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        if (_time is { } time)
            stop.CancelAfter(time);
        var tuner = _tuner is null ? throw RealPackage.Needed("EciCostFrugalTuner, the default tuner,") : _tuner(_settings);

        TrialResult best = null;
        for (var id = 0; id < _maxTrials && !stop.IsCancellationRequested; id++)
        {
            var nothing = Parameter.CreateNestedParameter();
            var settings = new TrialSettings { TrialId = id, StartedAtUtc = DateTime.UtcNow, Parameter = nothing };
            settings.Parameter = tuner.Propose(settings);
            _monitor?.ReportRunningTrial(settings);
            try
            {
                using var runner = _runner();
                var result = await runner.RunAsync(settings, stop.Token);
                _monitor?.ReportCompletedTrial(result);
                tuner.Update(result);
                if (result.Loss < (best?.Loss ?? double.MaxValue))
                {
                    best = result;
                    _monitor?.ReportBestTrial(result);
                }
            }
            catch (Exception exception) when (!stop.IsCancellationRequested)
            {
                _monitor?.ReportFailTrial(settings, exception);
                tuner.Update(new TrialResult { TrialSettings = settings, Loss = double.MaxValue });
                if (best is null && exception is not OperationCanceledException and not OutOfMemoryException)
                    throw;
            }
            catch (Exception)
            {
                break; // the trial was ended with the experiment
            }
        }
        return best ?? throw new TimeoutException(
            "Training time finished without completing a successful trial. Either no trial completed or the metric for all completed " +
            "trials are NaN or Infinity");
    }

    internal AutoMLExperiment SetTrialRunner(Func<ITrialRunner> factory)
    {
        _runner = factory;
        return this;
    }

    internal AutoMLExperiment SetTuner(Func<AutoMLExperimentSettings, ITuner> factory)
    {
        _tuner = factory;
        return this;
    }

    /// <summary>A context for a trial, which can be canceled by itself: set like the experiment's, and logging to it.</summary>
    internal MLContext CreateTrialContext()
    {
        var trial = new MLContext(((IHostEnvironmentInternal)_context).Seed)
        {
            GpuDeviceId = _context.GpuDeviceId,
            FallbackToCpu = _context.FallbackToCpu,
            TempFilePath = _context.TempFilePath,
        };
        var channel = ((IChannelProvider)_context).Start($"{nameof(AutoMLExperiment)}-ChildContext");
        trial.Log += (_, message) => channel.Send(new ChannelMessage(message.Kind, MessageSensitivity.Unknown, message.Message));
        return trial;
    }

    /// <summary>An experiment's settings.</summary>
    public class AutoMLExperimentSettings
    {
        /// <summary>Seeds the tuners; default the context's.</summary>
        public int? Seed { get; set; }

        public SearchSpace.SearchSpace SearchSpace { get; set; }
    }
}
