namespace Microsoft.ML.Conformer.Training.Optimization;

/// <summary>The learning rates of a run.</summary>
internal interface ILearningRateSchedule
{
    /// <summary>The rate of the next step.</summary>
    /// <param name="epoch">Epochs done so far, with the fraction of the current one.</param>
    /// <param name="step">Steps done so far, in all.</param>
    double At(double epoch, long step);
}
