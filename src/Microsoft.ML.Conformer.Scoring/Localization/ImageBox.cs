using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Microsoft.ML.Conformer;

/// <summary>A rectangle in an image, in pixels of the upright image; it may begin and end between pixels.</summary>
/// <param name="Left">Distance of its left edge from the image's: 0 is the left edge of the first pixel, 1 its right edge.</param>
/// <param name="Top">Distance of its upper edge from the image's.</param>
/// <param name="Width">From the left to the right edge: a box of one pixel has 1.</param>
/// <param name="Height">From the upper to the lower edge.</param>
public readonly record struct ImageBox(double Left, double Top, double Width, double Height)
{
    /// <summary>
    /// Intersection over union (IoU, the Jaccard index): the area that both boxes have over the area that either has. A box is found where
    /// it is at least 0.5, by the rule of ImageNet's localization task (Russakovsky et al., IJCV 2015).
    /// </summary>
    /// <param name="other">The other box.</param>
    /// <returns>0 to 1: 0 where the boxes have no area in common, 1 where they are the same.</returns>
    public double IntersectionOverUnion(ImageBox other)
    {
        var width = Math.Min(Left + Width, other.Left + other.Width) - Math.Max(Left, other.Left);
        var height = Math.Min(Top + Height, other.Top + other.Height) - Math.Max(Top, other.Top);
        if (!(width > 0 && height > 0))
            return 0;
        var common = width * height;
        return common / (Width * Height + other.Width * other.Height - common);
    }

    /// <summary>Whether a point is inside, or on the left or the upper edge.</summary>
    internal bool Contains(double x, double y) => x >= Left && x < Left + Width && y >= Top && y < Top + Height;

    /// <summary>Reads the four numbers as files have them, in the order of the parameters.</summary>
    /// <param name="fields">Left, top, width and height.</param>
    /// <param name="box">The box.</param>
    /// <param name="fault">What is wrong with them, for a message.</param>
    internal static bool TryParse(ReadOnlySpan<string?> fields, out ImageBox box, [NotNullWhen(false)] out string? fault)
    {
        ReadOnlySpan<string> names = [nameof(Left), nameof(Top), nameof(Width), nameof(Height)];
        Span<double> numbers = stackalloc double[names.Length];
        (box, fault) = (default, null);
        for (var i = 0; i < numbers.Length; i++)
        {
            var isSide = names[i] is nameof(Width) or nameof(Height);
            var isNumber = double.TryParse(fields[i], NumberStyles.Float, CultureInfo.InvariantCulture, out numbers[i]);
            if (!isNumber || !double.IsFinite(numbers[i]) || (isSide && numbers[i] <= 0))
            {
                fault = $"{names[i].ToLowerInvariant()} is '{VisibleText.Of(fields[i] ?? "")}'; it must be a number of pixels" +
                    (isSide ? " above 0" : "");
                return false;
            }
        }
        box = new ImageBox(numbers[0], numbers[1], numbers[2], numbers[3]);
        return true;
    }
}
