namespace Microsoft.ML.Conformer.Detection.Networks;

/// <summary>
/// The boxes that corrections are relative to: so many at each place of a map, in mmdetection's order, from place to place in steps of
/// the map's stride.
/// </summary>
internal static class Anchors
{
    /// <summary>The anchors of a level's first place, the center of which is (0, 0): [A, 4], by ratio, then by scale.</summary>
    public static float[] Base(DetectorArchitecture architecture, int level)
    {
        var boxes = new List<float>();
        foreach (var ratio in architecture.AnchorRatios)
        {
            var heightFactor = MathF.Sqrt((float)ratio);
            var widthFactor = 1 / heightFactor;
            foreach (var scale in architecture.Scales)
            {
                var (halfWidth, halfHeight) = (
                    (1 << level) * widthFactor * (float)scale / 2, (1 << level) * heightFactor * (float)scale / 2);
                boxes.AddRange([-halfWidth, -halfHeight, halfWidth, halfHeight]);
            }
        }
        return [.. boxes];
    }
}
