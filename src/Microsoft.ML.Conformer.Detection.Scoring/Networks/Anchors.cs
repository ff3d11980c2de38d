namespace Microsoft.ML.Conformer.Detection.Networks;

/// <summary>
/// The boxes that a detector starts from: the same few around each place of each of the pyramid's maps. They are mmdetection's, which
/// rounds none, and centers them on the pixels' upper left corners.
/// </summary>
/// <param name="ratios">Height over width.</param>
/// <param name="scales">Side over the map's stride.</param>
internal sealed class Anchors(IReadOnlyList<double> ratios, IReadOnlyList<double> scales)
{
    public static Anchors Of(DetectorArchitecture architecture) => new(architecture.AnchorRatios, architecture.Scales);

    public int PerPlace => ratios.Count * scales.Count;

    /// <summary>The anchors around (0, 0): those of the first ratio first, each scale in turn.</summary>
    /// <param name="stride">The map's, in pixels.</param>
    public Box[] Around(int stride)
    {
        var boxes = new List<Box>(PerPlace);
        foreach (var ratio in ratios)
            foreach (var scale in scales)
            {
                // In 32-bit floats and in this order, as there.
                var heightRatio = MathF.Sqrt((float)ratio);
                var width = stride * (1 / heightRatio) * (float)scale;
                var height = stride * heightRatio * (float)scale;
                boxes.Add(new Box(-0.5f * width, -0.5f * height, 0.5f * width, 0.5f * height));
            }
        return [.. boxes];
    }

    /// <summary>The anchors of a map: row by row, and within a row place by place.</summary>
    public Box[] Of(int stride, int height, int width)
    {
        var around = Around(stride);
        var boxes = new Box[height * width * around.Length];
        for (int y = 0, i = 0; y < height; y++)
            for (var x = 0; x < width; x++)
                foreach (var box in around)
                    boxes[i++] = new Box(
                        box.X0 + (x * stride), box.Y0 + (y * stride), box.X1 + (x * stride), box.Y1 + (y * stride));
        return boxes;
    }
}
