namespace Microsoft.ML.Conformer.Detection.Training;

/// <summary>
/// A rate that is a tenth, or another factor, from some epochs on, after a line up in the first steps (mmdetection's step policy).
/// </summary>
/// <param name="rate">The first one, after the warm-up.</param>
/// <param name="decayEpochs">Epochs after which it is multiplied.</param>
/// <param name="factor">By what.</param>
/// <param name="warmupSteps">Steps of the warm-up.</param>
/// <param name="warmupRatio">With what part of the rate it begins.</param>
internal sealed class StepSchedule(double rate, IReadOnlyList<int> decayEpochs, double factor, int warmupSteps, double warmupRatio)
    : ILearningRateSchedule
{
    public double At(double epoch, long step) => WarmUp.Of(
        rate * Math.Pow(factor, decayEpochs.Count(decay => epoch >= decay)), WarmUp.Done(step, warmupSteps), warmupRatio);
}
