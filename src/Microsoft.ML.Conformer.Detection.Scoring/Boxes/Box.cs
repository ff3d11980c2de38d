namespace Microsoft.ML.Conformer.Detection.Boxes;

/// <summary>A rectangle in pixels, as networks compute with it: corners, of which the second lies outside by no pixel (no +1).</summary>
/// <param name="X0">Left edge.</param>
/// <param name="Y0">Upper edge.</param>
/// <param name="X1">Right edge.</param>
/// <param name="Y1">Lower edge.</param>
internal readonly record struct Box(float X0, float Y0, float X1, float Y1)
{
    public float Width => X1 - X0;

    public float Height => Y1 - Y0;

    public float CenterX => (X0 + X1) * 0.5f;

    public float CenterY => (Y0 + Y1) * 0.5f;

    public float Area => Width * Height;

    /// <summary>Whether it has an area, and all its edges are finite.</summary>
    public bool HasArea => Width > 0 && Height > 0 && float.IsFinite(Width) && float.IsFinite(Height);

    /// <summary>The same with its sides.</summary>
    public ImageBox ToImageBox() => new(X0, Y0, X1 - X0, Y1 - Y0);

    /// <summary>The part of it that is inside an image; empty, on the image's edge, where none is.</summary>
    public Box ClippedTo(ImageSize image) => new(
        Math.Clamp(X0, 0, image.Width), Math.Clamp(Y0, 0, image.Height), Math.Clamp(X1, 0, image.Width), Math.Clamp(Y1, 0, image.Height));
}

/// <summary>Height and width of an image in pixels.</summary>
internal readonly record struct ImageSize(int Height, int Width)
{
    /// <summary>The next size whose sides are multiples of a number.</summary>
    public ImageSize PaddedTo(int divisor) => new(ResizedImage.Padded(Height, divisor), ResizedImage.Padded(Width, divisor));
}
