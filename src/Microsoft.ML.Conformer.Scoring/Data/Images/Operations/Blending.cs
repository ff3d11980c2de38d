namespace Microsoft.ML.Conformer.Data.Images.Operations;

internal static class Blending
{
    /// <summary>
    /// From <paramref name="start"/> at a factor of 0 to <paramref name="level"/> at 1 and beyond, in 32-bit floats, cut to 0-255 and to a
    /// whole number.
    /// </summary>
    public static byte Blend(int start, int level, float factor) =>
        (byte)Math.Clamp(start + factor * (level - start), byte.MinValue, byte.MaxValue);
}
