namespace Conformer.Server.Model;

/// <summary>Scores what is queued until the server stops; what is queued by then is still scored.</summary>
internal sealed class ScoringService(BatchQueue queue) : BackgroundService
{
    public override Task StopAsync(CancellationToken cancellationToken)
    {
        queue.Complete();
        return base.StopAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => queue.ScoreAllAsync();
}
