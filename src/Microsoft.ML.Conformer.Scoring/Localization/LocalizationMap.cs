using System.Numerics.Tensors;

namespace Microsoft.ML.Conformer.Localization;

/// <summary>
/// How much each pixel of an image speaks for a class, such as a class activation map that was enlarged to the image's size.
/// </summary>
internal readonly ref struct LocalizationMap
{
    /// <summary>
    /// For class activation maps (Zhou et al., "Learning Deep Features for Discriminative Localization", CVPR 2016).
    /// </summary>
    public const double DefaultThreshold = 0.2;

    private readonly ReadOnlySpan<float> _values;
    private readonly int _width;

    /// <param name="values">[height, width]; a longer span's end is left out.</param>
    /// <param name="width">In pixels.</param>
    /// <param name="height">In pixels.</param>
    /// <exception cref="ArgumentException">There are too few values, or one is not finite.</exception>
    public LocalizationMap(ReadOnlySpan<float> values, int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        if (values.Length < checked(width * height))
            throw new ArgumentException($"{values.Length} values do not fill a map of {width}x{height}.", nameof(values));
        _values = values[..(width * height)];
        _width = width;
        if (!TensorPrimitives.IsFiniteAll(_values))
            throw new ArgumentException("The map has values that are not finite.", nameof(values));
    }

    /// <summary>
    /// The tight box around the largest connected region of what is at least a fraction of the maximum, when the map is scaled to 0-1 by
    /// its minimum and maximum. The box of a map that is the same everywhere is the whole image.
    /// </summary>
    /// <param name="threshold">The fraction, 0 to 1.</param>
    public ImageBox Box(double threshold = DefaultThreshold)
    {
        if (!(threshold is >= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(threshold), threshold, "The threshold must be 0 to 1.");
        double low = TensorPrimitives.Min(_values), high = TensorPrimitives.Max(_values);
        var region = MapRegion.Largest(_values, _width, Math.Min(low + threshold * (high - low), high));
        return new ImageBox(region.Left, region.Top, region.Right - region.Left, region.Bottom - region.Top);
    }

    /// <summary>Where the maximum is, in pixels from the edges; of a plateau, the largest where there are several, its center.</summary>
    public (double X, double Y) Peak()
    {
        var region = MapRegion.Largest(_values, _width, TensorPrimitives.Max(_values));
        return (region.CenterX, region.CenterY);
    }

    /// <summary>
    /// The pointing game (Zhang et al., "Top-down Neural Attention by Excitation Backprop", 2016): whether the maximum is in one of an
    /// object's boxes, or beside it by no more than a tolerance.
    /// </summary>
    /// <param name="boxes">The object's.</param>
    /// <param name="tolerance">In pixels of the map; 15 is the game's.</param>
    public bool PointsInto(IEnumerable<ImageBox> boxes, double tolerance = 0)
    {
        var (x, y) = Peak();
        return boxes.Any(box => new ImageBox(
            box.Left - tolerance, box.Top - tolerance, box.Width + 2 * tolerance, box.Height + 2 * tolerance).Contains(x, y));
    }
}
