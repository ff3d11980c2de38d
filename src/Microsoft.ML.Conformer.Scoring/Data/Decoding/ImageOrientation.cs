using SkiaSharp;

namespace Microsoft.ML.Conformer.Data.Decoding;

/// <summary>Turns images upright that a camera stored as its sensor lay (EXIF tag 0x0112, values 1-8).</summary>
internal static class ImageOrientation
{
    /// <summary>The tag's number in the first directory of EXIF data.</summary>
    public const ushort Tag = 0x0112;

    /// <summary>Whether the upright image's width is the stored one's height.</summary>
    public static bool SwapsSides(SKEncodedOrigin origin) => origin >= SKEncodedOrigin.LeftTop;

    /// <summary>The image as it is to be looked at; the same one where it lies so.</summary>
    /// <param name="image">As stored.</param>
    /// <param name="origin">Where its first pixel lies in the upright image.</param>
    public static RgbImage Upright(RgbImage image, SKEncodedOrigin origin)
    {
        if (origin is SKEncodedOrigin.TopLeft)
            return image;
        var (width, height) = (image.Width, image.Height);
        var last = width * height - 1;
        // Where the upright image's first pixel is stored, and how far from one pixel, and one row, to the next.
        var (start, right, down) = origin switch
        {
            SKEncodedOrigin.TopRight => (width - 1, -1, width),
            SKEncodedOrigin.BottomRight => (last, -1, -width),
            SKEncodedOrigin.BottomLeft => (last - (width - 1), 1, -width),
            SKEncodedOrigin.LeftTop => (0, width, 1),
            SKEncodedOrigin.RightTop => (last - (width - 1), -width, 1),
            SKEncodedOrigin.RightBottom => (last, -width, -1),
            SKEncodedOrigin.LeftBottom => (width - 1, width, -1),
            _ => (0, 1, width),
        };
        var upright = SwapsSides(origin) ? (Width: height, Height: width) : (Width: width, Height: height);
        var pixels = GC.AllocateUninitializedArray<byte>(image.ByteCount);
        for (int y = 0, to = 0; y < upright.Height; y++)
            for (int x = 0, from = (start + y * down) * RgbImage.Channels; x < upright.Width; x++, from += right * RgbImage.Channels)
            {
                pixels[to++] = image.Pixels[from];
                pixels[to++] = image.Pixels[from + 1];
                pixels[to++] = image.Pixels[from + 2];
            }
        return new RgbImage(upright.Width, upright.Height, pixels);
    }
}
