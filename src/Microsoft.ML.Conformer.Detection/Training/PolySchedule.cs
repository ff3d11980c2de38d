namespace Microsoft.ML.Conformer.Detection.Training;

/// <summary>
/// A rate that falls as a power of what is left of training, after a line up in the first steps (mmsegmentation's poly policy, for
/// AdamW with a warm-up).
/// </summary>
/// <param name="rate">The first one, after the warm-up.</param>
/// <param name="epochs">Of training.</param>
/// <param name="power">Of what is left.</param>
/// <param name="floorRatio">What part of the rate is left in the end.</param>
/// <param name="warmupSteps">Steps of the warm-up.</param>
/// <param name="warmupRatio">With what part of the rate it begins.</param>
internal sealed class PolySchedule(double rate, int epochs, double power, double floorRatio, int warmupSteps, double warmupRatio)
    : ILearningRateSchedule
{
    public double At(double epoch, long step)
    {
        var left = Math.Pow(Math.Max(0, 1 - epoch / epochs), power);
        return WarmUp.Of(rate * (floorRatio + (1 - floorRatio) * left), step, warmupSteps, warmupRatio);
    }
}
