namespace Microsoft.ML.Conformer.Data.Decoding;

/// <summary>What an encoded image may be, and what becomes of what it lacks.</summary>
internal sealed record ImageDecoding
{
    /// <summary>
    /// Width times height of the largest image that is decoded: where Pillow raises DecompressionBombError, twice its MAX_IMAGE_PIXELS
    /// (python-pillow/Pillow, src/PIL/Image.py). It takes 1.25 GB while it is decoded, and twice that
    /// where it is a progressive JPEG, an interlaced PNG or a lossless WebP.
    /// </summary>
    public const long DefaultMaxPixels = 178_956_970;

    /// <summary>The largest limit that may be set: the pixels of an image must fit into an array.</summary>
    public const long MostMaxPixels = 500_000_000;

    /// <summary>Width times height of the largest image that is decoded. Default <see cref="DefaultMaxPixels"/>.</summary>
    public long MaxPixels { get; init; } = DefaultMaxPixels;

    /// <summary>Whether an image of which pixels are missing or damaged is used as far as it goes. Default false.</summary>
    public bool TolerateTruncated { get; init; }

    /// <summary>What shows through transparent pixels. Default black.</summary>
    public ImageBackground Background { get; init; }

    public void ThrowIfTooLarge(int width, int height)
    {
        if ((long)width * height > MaxPixels)
            throw new InvalidDataException(
                $"It has {width}x{height} pixels; at most {MaxPixels} are read, as larger files are mostly made to exhaust memory. " +
                "Scale it down, or raise MaxImagePixels.");
    }
}
