using Microsoft.ML.Runtime;

namespace Microsoft.ML.AutoML;

/// <summary>Asks an experiment to end: after some time, after some trials, or when it is canceled.</summary>
internal sealed class StopConditions : IDisposable
{
    private readonly CancellationTokenSource _stop;
    private readonly CancellationTokenRegistration _log;
    private readonly int? _maxTrials;
    private int _trials;

    public StopConditions(TimeSpan? time, int? maxTrials, CancellationToken cancellation, IChannel channel)
    {
        _maxTrials = maxTrials;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        _log = _stop.Token.Register(() =>
            channel.Info(MessageSensitivity.Unknown, "cancel training because cancellation token is invoked..."));
        if (time is { } limit)
            _stop.CancelAfter(limit);
    }

    /// <summary>Canceled when the running trial is to end too.</summary>
    public CancellationToken Token => _stop.Token;

    public bool IsStopRequested => _stop.IsCancellationRequested || _trials >= _maxTrials;

    public void CountTrial() => _trials++;

    public void Dispose()
    {
        _log.Dispose();
        _stop.Dispose();
    }
}
