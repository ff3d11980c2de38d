namespace Microsoft.ML.Conformer.Detection.Training;

/// <summary>
/// A rate that falls as a power of what is left of training, after a line up in the first steps (mmsegmentation's poly policy, for
/// AdamW with a warm-up).
/// </summary>
/// <param name="rate">The first one, after the warm-up.</param>
/// <param name="epochs">Of training.</param>
/// <param name="power">Of what is left.</param>
/// <param name="floorRatio">What part of the rate is left in the end.</param>
/// <param name="warmupSteps">Steps of the warm-up, which ends after a tenth of training in any case.</param>
/// <param name="warmupRatio">With what part of the rate it begins.</param>
internal sealed class PolySchedule(double rate, int epochs, double power, double floorRatio, int warmupSteps, double warmupRatio)
    : ILearningRateSchedule
{
    private const double MostWarmup = 0.1;

    public double At(double epoch, long step)
    {
        var left = Math.Pow(Math.Max(0, 1 - epoch / epochs), power);
        var done = Math.Max(WarmUp.Done(step, warmupSteps), epoch / (MostWarmup * epochs));
        return WarmUp.Of(rate * (floorRatio + (1 - floorRatio) * left), done, warmupRatio);
    }
}
