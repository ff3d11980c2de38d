namespace Microsoft.ML.Conformer.Data.Images;

/// <summary>
/// The part of an image that a resize reads, in pixels from the left and top edge; bounds may lie between pixels. Single precision,
/// because Pillow's resize takes its box so and the weights follow from the rounded values.
/// </summary>
internal readonly record struct SourceBox(float Left, float Top, float Right, float Bottom)
{
    public static SourceBox All(RgbImage image) => new(0, 0, image.Width, image.Height);

    public bool IsWithin(RgbImage image) =>
        Left >= 0 && Top >= 0 && Right <= image.Width && Bottom <= image.Height && Left < Right && Top < Bottom;
}

/// <summary>The part of a resized image that is computed, in its pixels.</summary>
internal readonly record struct OutputWindow(int Left, int Top, int Width, int Height);
