using SkiaSharp;

namespace Microsoft.ML.Conformer.Data.Images;

/// <summary>Finds images that ML.NET's decoder should refuse: it allocates what they claim, and leaves black what they lack.</summary>
internal static class ImageFileCheck
{
    /// <summary>
    /// Width times height of the largest image that is read: where Pillow raises DecompressionBombError, twice its MAX_IMAGE_PIXELS
    /// (python-pillow/Pillow, src/PIL/Image.py). MLImage takes 716 MB for it.
    /// </summary>
    public const long MaxPixels = 178_956_970;

    /// <summary>The smallest scale at which JPEG is decoded without most of the work: one pixel for each block of 8x8.</summary>
    private const float SmallestScale = 1 / 8f;

    public static void ThrowIfTooLarge(int width, int height)
    {
        if ((long)width * height > MaxPixels)
            throw new InvalidDataException(
                $"It has {width}x{height} pixels; at most {MaxPixels} are read, as larger files are mostly made to exhaust memory. " +
                "Scale it down.");
    }

    /// <summary>Reads the size from the file's header; no pixels are allocated. Files that are no images pass.</summary>
    public static void ThrowIfTooLarge(string path)
    {
        using var codec = SKCodec.Create(path);
        if (codec is not null)
            ThrowIfTooLarge(codec.Info.Width, codec.Info.Height);
    }

    /// <summary>
    /// Looks for the end of the image where its format has it. Only a file that ends otherwise, such as one with a video after the photo,
    /// is decoded to see whether pixels are missing. What an animation lacks after its first frame does not matter.
    /// </summary>
    /// <param name="path">A file that MLImage has decoded. One that is gone since, or locked, passes.</param>
    public static void ThrowIfTruncated(string path)
    {
        try
        {
            if (ImageFileEnd.IsInPlace(path))
                return;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return;
        }
        if (LacksPixels(path))
            throw new InvalidDataException("It is truncated: a part of its pixels is missing.");
    }

    private static bool LacksPixels(string path)
    {
        using var codec = SKCodec.Create(path);
        if (codec is null)
            return false;
        var size = codec.GetScaledDimensions(SmallestScale);
        var alpha = codec.Info.IsOpaque ? SKAlphaType.Opaque : SKAlphaType.Premul;
        using var pixels = new SKBitmap(new SKImageInfo(size.Width, size.Height, SKColorType.Bgra8888, alpha));
        return codec.GetPixels(pixels.Info, pixels.GetPixels()) == SKCodecResult.IncompleteInput;
    }
}
