namespace Microsoft.ML.Conformer.Detection.Boxes;

/// <summary>How much of two boxes is the same, computed in 32-bit floats and in mmdetection's order, so that thresholds decide alike.</summary>
internal static class Overlap
{
    /// <summary>Below it areas are taken to be so large: empty boxes overlap with nothing.</summary>
    private const float LeastArea = 1e-6f;

    /// <summary>Intersection over union, 0-1.</summary>
    public static float OfUnion(Box a, Box b)
    {
        var intersection = Intersection(a, b);
        return intersection / Math.Max(a.Area + b.Area - intersection, LeastArea);
    }

    /// <summary>Intersection over the first box's area, 0-1.</summary>
    public static float OfFirst(Box a, Box b) => Intersection(a, b) / Math.Max(a.Area, LeastArea);

    /// <summary>
    /// Generalized IoU, -1 to 1: less the further apart the boxes are (Rezatofighi et al., CVPR 2019).
    /// </summary>
    public static float Generalized(Box a, Box b)
    {
        var intersection = Intersection(a, b);
        var union = Math.Max(a.Area + b.Area - intersection, LeastArea);
        var width = Math.Max(Math.Max(a.X1, b.X1) - Math.Min(a.X0, b.X0), 0);
        var height = Math.Max(Math.Max(a.Y1, b.Y1) - Math.Min(a.Y0, b.Y0), 0);
        var around = Math.Max(width * height, LeastArea);
        return (intersection / union) - ((around - union) / around);
    }

    private static float Intersection(Box a, Box b)
    {
        var width = Math.Max(Math.Min(a.X1, b.X1) - Math.Max(a.X0, b.X0), 0);
        var height = Math.Max(Math.Min(a.Y1, b.Y1) - Math.Max(a.Y0, b.Y0), 0);
        return width * height;
    }
}
