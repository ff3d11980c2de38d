namespace Microsoft.ML.Conformer.Detection.Boxes;

/// <summary>A box in pixels, from its upper left corner to its lower right one; its sides are the differences, without a pixel more.</summary>
internal readonly record struct Box(float X0, float Y0, float X1, float Y1)
{
    public float Width => X1 - X0;

    public float Height => Y1 - Y0;

    public float CenterX => (X0 + X1) * 0.5f;

    public float CenterY => (Y0 + Y1) * 0.5f;

    public float Area => Width * Height;

    /// <summary>The part of it that is in an image.</summary>
    public Box ClippedTo(ImageSize image) => new(
        Math.Clamp(X0, 0, image.Width), Math.Clamp(Y0, 0, image.Height), Math.Clamp(X1, 0, image.Width), Math.Clamp(Y1, 0, image.Height));
}

/// <summary>Height and width of an image in pixels.</summary>
internal readonly record struct ImageSize(int Height, int Width)
{
    /// <summary>The next size whose sides are multiples of a number.</summary>
    public ImageSize PaddedTo(int divisor) => new(RoundUp(Height, divisor), RoundUp(Width, divisor));

    private static int RoundUp(int side, int divisor) => (side + divisor - 1) / divisor * divisor;
}
