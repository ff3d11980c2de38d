namespace WebScoring.Model;

/// <summary>
/// Opens the model while the server already answers, then scores what is queued until the server stops; what is queued by then is still
/// scored. The server stops where the model cannot be opened.
/// </summary>
internal sealed class ModelService(
    Func<CancellationToken, IImageClassifier> open, BatchQueue queue, IHostApplicationLifetime lifetime) : BackgroundService
{
    private volatile IImageClassifier? _model;

    /// <summary>The model; null while it is being opened.</summary>
    public IImageClassifier? Model => _model;

    /// <summary>The model, for a request.</summary>
    /// <exception cref="RefusalException">It is being opened.</exception>
    public IImageClassifier Ready =>
        _model ?? throw new RefusalException(StatusCodes.Status503ServiceUnavailable, "The model is still being loaded.");

    /// <summary>Why the model could not be opened; null where nothing went wrong.</summary>
    public Exception? Failure { get; private set; }

    public override Task StopAsync(CancellationToken cancellationToken)
    {
        queue.Complete();
        return base.StopAsync(cancellationToken);
    }

    public override void Dispose()
    {
        _model?.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource();
        using (lifetime.ApplicationStarted.Register(started.SetResult))
        {
            // A server that is yet to start could not be stopped in order; one that fails to start never opens the model.
            await started.Task.WaitAsync(stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        if (stoppingToken.IsCancellationRequested)
            return;
        try
        {
            _model = await Task.Run(() => open(stoppingToken), CancellationToken.None);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            return;
        }
        catch (Exception exception)
        {
            Failure = exception;
            lifetime.StopApplication();
            return;
        }
        await queue.ScoreAllAsync(_model);
    }
}
