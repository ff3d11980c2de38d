namespace Microsoft.ML.Conformer.Training.Optimization;

/// <summary>A line up to a peak, then a half cosine down to a minimum (Loshchilov and Hutter, 2017), all rates times a scale.</summary>
internal sealed class CosineSchedule(TrainingRecipe recipe, double scale = 1) : ILearningRateSchedule
{
    public double At(double epoch, long step) => At(epoch);

    /// <param name="epoch">Epochs done so far, with the fraction of the current one.</param>
    public double At(double epoch)
    {
        var (peak, warmup) = (recipe.LearningRate, recipe.WarmupEpochs);
        if (In(recipe.WarmupUnit) < warmup)
            return Between(recipe.WarmupLearningRate, In(recipe.WarmupUnit) / warmup);
        var begin = recipe.CosineIncludesWarmup ? 0 : warmup;
        var done = Math.Min(1, (In(recipe.CosineUnit) - begin) / (recipe.Epochs - begin));
        return Between(recipe.MinLearningRate, 0.5 * (1 + Math.Cos(Math.PI * done)));

        double In(ScheduleUnit unit) => unit == ScheduleUnit.Epoch ? Math.Floor(epoch) : epoch;

        double Between(double low, double share)
        {
            low = Math.Min(low, peak);
            return scale * (low + (peak - low) * share);
        }
    }
}
