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

    /// <summary>A side becomes at most 1000 / 16 times as long, and at least as many times shorter.</summary>
    public static float MaxLogRatio { get; } = (float)Math.Log(1000.0 / 16);

    /// <summary>Writes a box relative to another.</summary>
    /// <param name="from">The other one.</param>
    /// <param name="to">The box.</param>
    /// <param name="deltas">Four values: x, y, width, height.</param>
    public void Encode(Box from, Box to, Span<float> deltas)
    {
        var (center, size) = ((float)CenterSpread, (float)SizeSpread);
        deltas[0] = (to.CenterX - from.CenterX) / from.Width / center;
        deltas[1] = (to.CenterY - from.CenterY) / from.Height / center;
        deltas[2] = MathF.Log(to.Width / from.Width) / size;
        deltas[3] = MathF.Log(to.Height / from.Height) / size;
    }

    /// <summary>The box that is written so relative to another.</summary>
    public Box Decode(Box from, ReadOnlySpan<float> deltas)
    {
        var (center, size) = ((float)CenterSpread, (float)SizeSpread);
        var width = from.Width * MathF.Exp(Math.Clamp(deltas[2] * size, -MaxLogRatio, MaxLogRatio));
        var height = from.Height * MathF.Exp(Math.Clamp(deltas[3] * size, -MaxLogRatio, MaxLogRatio));
        var x = from.CenterX + (from.Width * (deltas[0] * center));
        var y = from.CenterY + (from.Height * (deltas[1] * center));
        return new Box(x - (width * 0.5f), y - (height * 0.5f), x + (width * 0.5f), y + (height * 0.5f));
    }
}
