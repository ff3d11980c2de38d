using System.Globalization;
using SkiaSharp;

namespace Microsoft.ML.Conformer.Detection.Drawing;

/// <summary>An object that is drawn on a photo.</summary>
/// <param name="Box">Where it is, in pixels of the photo.</param>
/// <param name="ClassIndex">Its class, which says its color.</param>
/// <param name="Label">What is written at it; null for nothing.</param>
/// <param name="Mask">Its pixels; null where only the box is drawn.</param>
/// <param name="IsDashed">Whether its outline is broken.</param>
internal sealed record DrawnObject(ImageBox Box, int ClassIndex, string? Label, RunLengthMask? Mask, bool IsDashed = false)
{
    /// <summary>Turns around the circle of colors so that neighbors differ, and none comes again (the golden angle).</summary>
    private const float HueStep = 137.508f, FullTurn = 360;

    public SKColor Color => SKColor.FromHsl(
        (ClassIndex * HueStep + 210) % FullTurn, 80, (ClassIndex % 3) switch { 0 => 50, 1 => 40, _ => 62 });

    public static string LabelOf(string className, double score) =>
        string.Create(CultureInfo.InvariantCulture, $"{VisibleText.Of(className)} {score:0.00}");
}
