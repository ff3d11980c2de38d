using System.Diagnostics;

namespace Microsoft.ML.AutoML;

/// <summary>Fits the pipeline and evaluates it. A trial ends early only where an estimator looks at its context's cancellation.</summary>
internal sealed class SweepablePipelineRunner(
    MLContext context, SweepablePipeline pipeline, MulticlassMetric metric, IDataView training, IDataView validation) : ITrialRunner
{
    public Task<TrialResult> RunAsync(TrialSettings settings, CancellationToken ct)
    {
        try
        {
            using var registration = ct.Register(context.CancelExecution);
            return Task.FromResult(Run(settings));
        }
        catch (Exception exception) when (ct.IsCancellationRequested)
        {
            throw new OperationCanceledException(exception.Message, exception.InnerException);
        }
    }

    public void Dispose() => context.CancelExecution();

    private TrialResult Run(TrialSettings settings)
    {
        var clock = Stopwatch.StartNew();
        var model = pipeline.BuildFromOption(context, settings.Parameter[AutoMLExperiment.PipelineSearchSpaceName]).Fit(training);
        var value = metric.Evaluate(context, model.Transform(validation));
        return new TrialResult
        {
            Loss = metric.Loss(value),
            Metric = value,
            Model = model,
            DurationInMilliseconds = clock.ElapsedMilliseconds,
            TrialSettings = settings,
        };
    }
}
