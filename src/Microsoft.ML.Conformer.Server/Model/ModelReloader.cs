namespace Conformer.Server.Model;

/// <summary>
/// Looks whether the model's file was replaced, opens the new one beside the old one and lets it take over. One that cannot be used is
/// logged, and the old model stays.
/// </summary>
internal sealed partial class ModelReloader(
    ModelFile file, ServedModels models, Settings settings, ScoringStatistics statistics, ILogger<ModelReloader> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        ModelFile.Stamp? tried;
        using (var lease = models.Lease())
            tried = lease.Model.Stamp;
        var before = tried;
        using var timer = new PeriodicTimer(settings.ReloadInterval);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var now = file.Look();
            // A file is taken once it stays the same for a while: before, it is being written.
            var isComplete = now == before;
            before = now;
            if (now is null || now == tried || !isComplete)
                continue;
            tried = Reload(now, stoppingToken) ? now : null;
        }
    }

    /// <returns>Whether the file as it is now need not be tried again.</returns>
    private bool Reload(ModelFile.Stamp expected, CancellationToken stopping)
    {
        try
        {
            var next = file.Open(stopping);
            // Where it changed meanwhile, nobody knows what was opened; the next look finds out.
            if (next.Stamp != expected || file.Look() != expected)
            {
                next.Release();
                return false;
            }
            models.Replace(next);
            statistics.AddReload(succeeded: true);
            LogReplaced(VisibleText.Of(file.Name), expected.Time);
            return true;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return true;
        }
        // Whatever it is, even too little memory for two models: the old one can still score.
        catch (Exception exception)
        {
            if (file.Look() != expected)
                return false;
            if (models.Failed?.Reason != VisibleText.Reason(exception) || exception is not IOException)
            {
                models.Reject(exception);
                statistics.AddReload(succeeded: false);
                LogKept(VisibleText.Of(file.Name), VisibleText.Reason(exception));
            }
            return exception is not IOException; // its writer may still hold it, and a network share come back
        }
    }

    [LoggerMessage(LogLevel.Information, "{File} of {Time:u} has taken over")]
    private partial void LogReplaced(string file, DateTime time);

    [LoggerMessage(LogLevel.Error, "{File} was replaced, but the model from before stays: {Reason}")]
    private partial void LogKept(string file, string reason);
}
