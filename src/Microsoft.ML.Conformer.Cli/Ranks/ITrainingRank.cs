namespace Conformer.Cli.Ranks;

/// <summary>A process's part in a training run.</summary>
internal interface ITrainingRank : IDisposable
{
    /// <returns>The exit code.</returns>
    Task<int> RunAsync(CancellationToken cancellation);
}
