namespace Conformer.Cli.Ranks;

/// <summary>What another rank than 0 does for a training run: it trains with the others, prints nothing and writes nothing.</summary>
/// <param name="train">Trains, and says how that ended.</param>
internal sealed class OtherRank(Func<CancellationToken, TrainingEnd> train) : ITrainingRank
{
    public Task<int> RunAsync(CancellationToken cancellation) =>
        Task.FromResult(train(cancellation) == TrainingEnd.Canceled ? ExitCode.Interrupted : 0);

    public void Dispose()
    {
    }
}
