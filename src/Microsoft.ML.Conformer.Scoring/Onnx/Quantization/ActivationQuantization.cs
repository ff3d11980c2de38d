namespace Microsoft.ML.Conformer.Onnx.Quantization;

/// <summary>
/// How an activation is stored in 8 bits: value = <see cref="Scale"/> (stored - <see cref="ZeroPoint"/>), stored 0-255. Zero is stored
/// exactly, as zero padding and ReLU need it; an activation that is never negative has zero point 0, so that rounding makes the ReLU
/// before it for nothing.
/// </summary>
internal readonly record struct ActivationQuantization(float Scale, byte ZeroPoint)
{
    /// <summary>An activation that is always zero needs some scale; much smaller ones make biases overflow.</summary>
    private const float SmallestScale = 1e-10f;

    /// <summary>Whether it is one that <see cref="Of"/> may give.</summary>
    public bool IsUsable => Scale >= SmallestScale && float.IsFinite(Scale);

    /// <summary>The finest quantization that covers a range and zero.</summary>
    public static ActivationQuantization Of(float minimum, float maximum)
    {
        var (low, high) = (Math.Min(minimum, 0), Math.Max(maximum, 0));
        var scale = Math.Max((float)(((double)high - low) / byte.MaxValue), SmallestScale);
        return new ActivationQuantization(scale, (byte)Math.Clamp(MathF.Round(-low / scale), 0, byte.MaxValue));
    }
}
