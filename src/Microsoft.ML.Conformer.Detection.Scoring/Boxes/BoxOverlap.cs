namespace Microsoft.ML.Conformer.Detection.Boxes;

/// <summary>
/// How far boxes overlap, in 32 bits and in the order of mmdetection's bbox_overlaps, since thresholds are compared with it exactly.
/// </summary>
internal static class BoxOverlap
{
    /// <summary>Areas are at least this many square pixels where they divide, so that empty boxes overlap by 0.</summary>
    private const float Epsilon = 1e-6f;

    /// <summary>Intersection over union, 0-1.</summary>
    public static float IoU(Box one, Box other)
    {
        var intersection = Intersection(one, other);
        return intersection / Math.Max(one.Area + other.Area - intersection, Epsilon);
    }

    /// <summary>Intersection over the area of the first box, 0-1.</summary>
    public static float IoF(Box one, Box other) => Intersection(one, other) / Math.Max(one.Area, Epsilon);

    /// <summary>
    /// IoU less the share of the smallest box around both that neither covers, -1 to 1 (Rezatofighi et al., CVPR 2019).
    /// </summary>
    public static float GIoU(Box one, Box other)
    {
        var intersection = Intersection(one, other);
        var union = Math.Max(one.Area + other.Area - intersection, Epsilon);
        var around = Math.Max(
            Math.Max(Math.Max(one.X1, other.X1) - Math.Min(one.X0, other.X0), 0)
                * Math.Max(Math.Max(one.Y1, other.Y1) - Math.Min(one.Y0, other.Y0), 0), Epsilon);
        return intersection / union - (around - union) / around;
    }

    public static float Intersection(Box one, Box other) =>
        Math.Max(Math.Min(one.X1, other.X1) - Math.Max(one.X0, other.X0), 0)
            * Math.Max(Math.Min(one.Y1, other.Y1) - Math.Max(one.Y0, other.Y0), 0);
}
