using Microsoft.Extensions.DependencyInjection;
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
    private int? _maxTrials;
    private TrialResult _best;

    public AutoMLExperiment(MLContext context, AutoMLExperimentSettings settings)
    {
        (_context, _settings) = (context, settings);
        settings.Seed ??= ((IHostEnvironmentInternal)context).Seed;
        settings.SearchSpace ??= new SearchSpace.SearchSpace();
        var contexts = new ChildContext(context);
        Services.AddTransient(_ => contexts.Create());
        Services.AddSingleton(settings);
        Services.AddSingleton(((IChannelProvider)context).Start(nameof(AutoMLExperiment)));
    }

    internal ServiceCollection Services { get; } = new();

    public AutoMLExperiment SetTrainingTimeInSeconds(uint trainingTimeInSeconds)
    {
        _settings.MaxExperimentTimeInSeconds = trainingTimeInSeconds;
        _time = TimeSpan.FromSeconds(trainingTimeInSeconds);
        return this;
    }

    public AutoMLExperiment SetMaxModelToExplore(int maxModel)
    {
        _settings.MaxModels = maxModel;
        _maxTrials = maxModel;
        return this;
    }

    public AutoMLExperiment AddSearchSpace(string key, SearchSpace.SearchSpace searchSpace)
    {
        _settings.SearchSpace[key] = searchSpace;
        return this;
    }

    public AutoMLExperiment SetMonitor<TMonitor>(TMonitor monitor)
        where TMonitor : class, IMonitor => Set(services => services.AddSingleton<IMonitor>(monitor));

    public AutoMLExperiment SetMonitor<TMonitor>()
        where TMonitor : class, IMonitor => Set(services => services.AddSingleton<IMonitor, TMonitor>());

    public AutoMLExperiment SetMonitor<TMonitor>(Func<IServiceProvider, TMonitor> factory)
        where TMonitor : class, IMonitor => Set(services => services.AddSingleton<IMonitor>(factory));

    public AutoMLExperiment SetTrialRunner<TTrialRunner>(TTrialRunner runner)
        where TTrialRunner : class, ITrialRunner => Set(services => services.AddSingleton<ITrialRunner>(runner));

    public AutoMLExperiment SetTrialRunner<TTrialRunner>(Func<IServiceProvider, TTrialRunner> factory)
        where TTrialRunner : class, ITrialRunner => Set(services => services.AddTransient<ITrialRunner>(factory));

    public AutoMLExperiment SetTrialRunner<TTrialRunner>()
        where TTrialRunner : class, ITrialRunner => Set(services => services.AddTransient<ITrialRunner, TTrialRunner>());

    public AutoMLExperiment SetTuner<TTuner>(TTuner proposer)
        where TTuner : class, ITuner => SetTuner(_ => proposer);

    public AutoMLExperiment SetTuner<TTuner>(Func<IServiceProvider, TTuner> factory)
        where TTuner : class, ITuner => Set(services => services.AddSingleton<ITuner>(factory));

    public AutoMLExperiment SetTuner<TTuner>()
        where TTuner : class, ITuner => Set(services => services.AddSingleton<ITuner, TTuner>());

    public TrialResult Run() => RunAsync().Result;

    /// <summary>
    /// Runs until time, trials or patience are used up, and gives the best trial. A trial that fails is passed over, unless none has
    /// succeeded before: then its exception ends the experiment, except where it is an <see cref="OperationCanceledException"/> or an
    /// <see cref="OutOfMemoryException"/>.
    /// </summary>
    /// <exception cref="TimeoutException">No trial has succeeded.</exception>
    public async Task<TrialResult> RunAsync(CancellationToken ct = default)
    {
        _settings.CancellationToken = ct;
        var services = Services.BuildServiceProvider();
        using var stop = new StopConditions(_time, _maxTrials, ct, services.GetRequiredService<IChannel>());
        var monitor = services.GetService<IMonitor>();
        services.GetService<ITrialRunner>();
        var tuner = services.GetService<ITuner>();

        for (var id = 0; !stop.IsStopRequested; id++)
        {
            var nothing = Parameter.CreateNestedParameter();
            var settings = new TrialSettings { TrialId = id, StartedAtUtc = DateTime.UtcNow, Parameter = nothing };
            settings.Parameter = tuner.Propose(settings);
            monitor?.ReportRunningTrial(settings);
            try
            {
                var result = await RunTrialAsync(services, settings, stop.Token);
                monitor?.ReportCompletedTrial(result);
                tuner.Update(result);
                stop.CountTrial();
                if (result.Loss < (_best?.Loss ?? double.MaxValue))
                {
                    _best = result;
                    monitor?.ReportBestTrial(result);
                }
            }
            catch (Exception exception) when (!stop.IsStopRequested)
            {
                settings.EndedAtUtc = DateTime.UtcNow;
                monitor?.ReportFailTrial(settings, exception);
                tuner.Update(new TrialResult { TrialSettings = settings, Loss = double.MaxValue });
                stop.CountTrial();
                if (_best is null && exception is not OperationCanceledException and not OutOfMemoryException)
                    throw;
            }
            catch (Exception) when (stop.IsStopRequested)
            {
                break;
            }
        }
        return _best ?? throw new TimeoutException(
            "Training time finished without completing a successful trial. Either no trial completed or the metric for all completed " +
            "trials are NaN or Infinity");
    }

    private static async Task<TrialResult> RunTrialAsync(ServiceProvider services, TrialSettings settings, CancellationToken stop)
    {
        using var performance = new PerformanceSampler();
        using var runner = services.GetRequiredService<ITrialRunner>();
        using var trial = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var result = await runner.RunAsync(settings, trial.Token);
        result.PeakCpu = performance.PeakCpu;
        result.PeakMemoryInMegaByte = performance.PeakMemoryInMegaByte;
        result.TrialSettings.EndedAtUtc = DateTime.UtcNow;
        return result;
    }

    private AutoMLExperiment Set(Action<ServiceCollection> add)
    {
        add(Services); // the last one added is the one that counts
        return this;
    }

    /// <summary>An experiment's settings.</summary>
    public class AutoMLExperimentSettings : ExperimentSettings
    {
        /// <summary>Seeds the tuners; default the context's.</summary>
        public int? Seed { get; set; }

        public SearchSpace.SearchSpace SearchSpace { get; set; }
    }
}
