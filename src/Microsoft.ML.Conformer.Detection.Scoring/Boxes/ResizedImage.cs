namespace Microsoft.ML.Conformer.Detection.Boxes;

/// <summary>The size that an image is given to a detector with, its ratio kept but for rounding (mmcv's rescale_size).</summary>
/// <param name="Height">Of the image.</param>
/// <param name="Width">Of the image.</param>
/// <param name="NewHeight">Height that it is resized to.</param>
/// <param name="NewWidth">Width that it is resized to.</param>
internal readonly record struct ResizedImage(int Height, int Width, int NewHeight, int NewWidth)
{
    /// <summary>How many times wider it became; x of boxes is divided by it to get back to the image.</summary>
    public float ScaleX => (float)((double)NewWidth / Width);

    /// <summary>How many times higher it became.</summary>
    public float ScaleY => (float)((double)NewHeight / Height);

    public ImageSize NewSize => new(NewHeight, NewWidth);

    /// <summary>As large as fits, with its longer side within one number of pixels, and its shorter side within another.</summary>
    /// <param name="height">Of the image.</param>
    /// <param name="width">Of the image.</param>
    /// <param name="maxLongSide">The most pixels of the longer side, whichever it is.</param>
    /// <param name="maxShortSide">The most pixels of the shorter side.</param>
    public static ResizedImage Within(int height, int width, int maxLongSide, int maxShortSide)
    {
        var scale = Math.Min((double)maxLongSide / Math.Max(height, width), (double)maxShortSide / Math.Min(height, width));
        // A side of a very long image would have none.
        return new ResizedImage(height, width, Math.Max((int)(height * scale + 0.5), 1), Math.Max((int)(width * scale + 0.5), 1));
    }

    /// <summary>A side with what is added to make it a multiple.</summary>
    public static int Padded(int side, int divisor) => (side + divisor - 1) / divisor * divisor;

    /// <summary>A box of the image as it was, in the resized one.</summary>
    public Box ToResized(Box box) => new(box.X0 * ScaleX, box.Y0 * ScaleY, box.X1 * ScaleX, box.Y1 * ScaleY);

    /// <summary>A box of the resized image, in the image as it was.</summary>
    public Box ToOriginal(Box box) => new(box.X0 / ScaleX, box.Y0 / ScaleY, box.X1 / ScaleX, box.Y1 / ScaleY);
}
