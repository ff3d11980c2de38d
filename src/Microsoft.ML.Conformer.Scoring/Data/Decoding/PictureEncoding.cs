using SkiaSharp;

namespace Microsoft.ML.Conformer.Data.Decoding;

/// <summary>Pixels as the content of an image file.</summary>
internal static class PictureEncoding
{
    public static byte[] Png(RgbImage image) => Encode(image, SKEncodedImageFormat.Png, quality: 100);

    /// <param name="image">The pixels.</param>
    /// <param name="quality">1-100, as libjpeg counts.</param>
    public static byte[] Jpeg(RgbImage image, int quality) => Encode(image, SKEncodedImageFormat.Jpeg, quality);

    private static byte[] Encode(RgbImage image, SKEncodedImageFormat format, int quality)
    {
        using var picture = SKImage.FromPixelCopy(
            new SKImageInfo(image.Width, image.Height, SKColorType.Rgba8888, SKAlphaType.Opaque), image.ToPixels());
        using var data = picture.Encode(format, quality);
        return data.ToArray();
    }
}
