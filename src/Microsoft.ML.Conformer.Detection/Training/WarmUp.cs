namespace Microsoft.ML.Conformer.Detection.Training;

/// <summary>A line up to the regular learning rate in the first steps (mmcv's linear warm-up).</summary>
internal static class WarmUp
{
    /// <summary>The rate of a step.</summary>
    /// <param name="regular">What it would be without.</param>
    /// <param name="done">What part of the warm-up is done, from 0; above 1 behind it.</param>
    /// <param name="ratio">With what part of the rate it begins.</param>
    public static double Of(double regular, double done, double ratio) =>
        done >= 1 ? regular : regular * (1 - ((1 - done) * (1 - ratio)));

    /// <summary>What part of it is done.</summary>
    /// <param name="step">Steps done so far, in all.</param>
    /// <param name="steps">Those of the warm-up.</param>
    public static double Done(long step, int steps) => step >= steps ? 1 : (double)step / steps;
}
