namespace Conformer.Cli.Ranks;

/// <summary>What another rank than 0 does for a training run: it trains with the others, prints nothing and writes nothing.</summary>
internal sealed class OtherRank(TrainSettings settings, MLContext mlContext, ImageSplits images) : ITrainingRank
{
    public Task<int> RunAsync(CancellationToken cancellation)
    {
        var (trained, _) = settings.Fit(mlContext, images, cancellation);
        using (trained)
            return Task.FromResult(
                trained.OfType<ImageClassifierTransformer>().Single().Summary!.End == TrainingEnd.Canceled ? ExitCode.Interrupted : 0);
    }

    public void Dispose()
    {
    }
}
