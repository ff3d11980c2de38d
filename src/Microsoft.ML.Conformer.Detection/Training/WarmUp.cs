namespace Microsoft.ML.Conformer.Detection.Training;

/// <summary>A line up to the regular learning rate in the first steps (mmcv's linear warm-up).</summary>
internal static class WarmUp
{
    /// <summary>The rate of a step.</summary>
    /// <param name="regular">What it would be without.</param>
    /// <param name="step">Steps done so far, in all.</param>
    /// <param name="steps">Those of the warm-up.</param>
    /// <param name="ratio">With what part of the rate it begins.</param>
    public static double Of(double regular, long step, int steps, double ratio) =>
        step >= steps ? regular : regular * (1 - ((1 - ((double)step / steps)) * (1 - ratio)));
}
