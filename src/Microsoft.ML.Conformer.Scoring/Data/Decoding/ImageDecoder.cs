using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer;

/// <summary>
/// Decodes image files as training and scoring do: JPEG, PNG, WebP, GIF and BMP; upright, as EXIF says; of an animation its first frame.
/// MLImage's own decoder ignores the orientation, and takes a file of which a part is missing.
/// </summary>
public static class ImageDecoder
{
    /// <summary>The highest limit that may be set to an image's width times height: its pixels must fit into an array.</summary>
    public const int LargestMaxPixels = (int)ImageDecoding.MostMaxPixels;

    /// <summary>Reads how many pixels an image has, upright; nothing is decoded, and little memory taken.</summary>
    /// <param name="file">The file's contents.</param>
    /// <returns>Width and height in pixels.</returns>
    /// <exception cref="InvalidDataException">It is no such image, or its header is damaged.</exception>
    public static (int Width, int Height) ReadSize(ReadOnlyMemory<byte> file)
    {
        using var image = new EncodedImage(file, new() { MaxPixels = long.MaxValue }, looksAtPixels: false);
        return image.Size;
    }

    /// <summary>Decodes an image.</summary>
    /// <param name="file">The file's contents.</param>
    /// <param name="background">
    /// What shows through transparent pixels; a model's is <see cref="ImageClassifierTransformer.Background"/>.
    /// </param>
    /// <param name="maxPixels">Width times height of the largest image, 1 to 500 million.</param>
    /// <param name="tolerateTruncated">Whether a truncated or damaged image is decoded as far as its pixels go.</param>
    /// <returns>The image, opaque; dispose it when done with it.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxPixels"/> is out of range.</exception>
    /// <exception cref="InvalidDataException">It is no such image, has too many pixels, or is damaged or truncated.</exception>
    public static MLImage Decode(
        ReadOnlyMemory<byte> file, ImageBackground background = ImageBackground.Black, long maxPixels = ImageDecoding.DefaultMaxPixels,
        bool tolerateTruncated = false)
    {
        if (!Enum.IsDefined(background))
            throw new ArgumentOutOfRangeException(nameof(background), background, "There is no such background.");
        ArgumentOutOfRangeException.ThrowIfLessThan(maxPixels, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxPixels, ImageDecoding.MostMaxPixels);
        using var image = new EncodedImage(
            file, new() { Background = background, MaxPixels = maxPixels, TolerateTruncated = tolerateTruncated });
        return image.Decode().ToMLImage();
    }
}
