namespace Microsoft.ML.Conformer.Detection.Boxes;

/// <summary>Which map of the pyramid a region is taken from (Lin et al., CVPR 2017, equation 1, as mmdetection computes it).</summary>
internal static class PyramidLevel
{
    private const float Epsilon = 1e-6f;

    /// <summary>0 for the finest map.</summary>
    /// <param name="region">The region; an empty one is taken from the finest map.</param>
    /// <param name="finestScale">
    /// Regions whose geometric mean side is below twice this many pixels are taken from the finest map.
    /// </param>
    /// <param name="levels">Number of maps.</param>
    public static int Of(Box region, double finestScale, int levels)
    {
        var level = MathF.Floor(MathF.Log2(MathF.Sqrt(region.Area) / (float)finestScale + Epsilon));
        return float.IsNaN(level) ? 0 : (int)Math.Clamp(level, 0, levels - 1);
    }
}
