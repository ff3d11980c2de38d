using System.Buffers;

namespace Microsoft.ML.Conformer.Data.Distortions;

/// <summary>
/// The center of a resized image, with black around it where it is smaller, byte for byte as torchvision's <c>resize</c> and
/// <c>center_crop</c> make it of Pillow's images.
/// </summary>
internal static class ScaledCrop
{
    /// <summary>An image of the same size, in which the picture's shorter side has another length; bicubic.</summary>
    public static RgbImage Of(RgbImage image, int shorterSide)
    {
        var pixels = new byte[image.ByteCount];
        var (width, height) = Sides(image, shorterSide);
        Resize(image, width, height, ResamplingKernel.Bicubic, new PixelSpan(pixels, image.Width, image.Height));
        return new RgbImage(image.Width, image.Height, pixels);
    }

    /// <summary>Width and height for a length of the shorter side; the longer one is cut to whole pixels.</summary>
    public static (int Width, int Height) Sides(RgbImage image, int shorterSide)
    {
        var longerSide = (int)((double)shorterSide * Math.Max(image.Width, image.Height) / image.ShorterSide);
        return image.Width <= image.Height ? (shorterSide, longerSide) : (longerSide, shorterSide);
    }

    /// <summary>Puts the center of an image of <paramref name="width"/> x <paramref name="height"/> pixels into a black one.</summary>
    public static void Resize(RgbImage image, int width, int height, ResamplingKernel kernel, PixelSpan crop)
    {
        var (left, cutLeft, visibleWidth) = Place(width, crop.Width);
        var (top, cutTop, visibleHeight) = Place(height, crop.Height);
        var rowLength = visibleWidth * RgbImage.Channels;
        var visible = ArrayPool<byte>.Shared.Rent(rowLength * visibleHeight);
        Resampler.Resize(
            image, SourceBox.All(image), width, height, kernel, new OutputWindow(cutLeft, cutTop, visibleWidth, visibleHeight), visible);
        for (var row = 0; row < visibleHeight; row++)
            visible.AsSpan(row * rowLength, rowLength).CopyTo(crop.Row(top + row)[(left * RgbImage.Channels)..]);
        ArrayPool<byte>.Shared.Return(visible);
    }

    /// <summary>Where a side begins in the crop, how much of it is cut off before, and how much is seen.</summary>
    private static (int Start, int Cut, int Length) Place(int side, int cropSide) => side <= cropSide
        ? ((cropSide - side) / 2, 0, side)
        : (0, (int)Math.Round((side - cropSide) / 2.0), cropSide); // half to even, as Python rounds
}
