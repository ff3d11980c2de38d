namespace Microsoft.ML.Conformer.Detection.Networks;

/// <summary>
/// How a box is written relative to another one: the offset of the centers over the other's size, and the logarithm of the sizes' ratio,
/// each divided by a spread (Girshick et al., CVPR 2014).
/// </summary>
/// <param name="CenterSpread">What offsets are divided by.</param>
/// <param name="SizeSpread">What logarithms are divided by.</param>
internal readonly record struct BoxCodec(double CenterSpread, double SizeSpread)
{
    /// <summary>Without spreads, as anchors are corrected.</summary>
    public static BoxCodec Plain { get; } = new(1, 1);

    /// <summary>A box becomes at most 1000 / 16 times larger or smaller than the one that it is relative to.</summary>
    public static double MaxLogRatio { get; } = Math.Log(1000.0 / 16);
}
