namespace Microsoft.ML.Conformer.Training.Optimization;

/// <summary>Per step: linear warm-up from 0, then a half cosine to 0 (Loshchilov and Hutter, 2017), but never below a minimum.</summary>
internal sealed class LearningRateSchedule(double peak, double minimum, double warmupEpochs, int epochs)
{
    /// <param name="epoch">Epochs done so far, with the fraction of the current one.</param>
    public double At(double epoch)
    {
        var rate = epoch < warmupEpochs
            ? peak * epoch / warmupEpochs
            : peak * 0.5 * (1 + Math.Cos(Math.PI * (epoch - warmupEpochs) / (epochs - warmupEpochs)));
        return Math.Max(rate, Math.Min(minimum, peak));
    }
}
