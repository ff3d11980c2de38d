namespace Microsoft.ML.Conformer.Data.Reading;

/// <summary>A row's image before it is decoded, which any thread may do: taken out of the row, it is independent of its cursor.</summary>
/// <param name="Pixels">What ML.NET has decoded; null where it is still encoded.</param>
/// <param name="Encoded">A file's contents; null where there are pixels, or the file is still to be read.</param>
/// <param name="Path">The file, where there is one.</param>
internal sealed record RowImage(RgbImage? Pixels, byte[]? Encoded, string? Path)
{
    /// <summary>The pixels, upright.</summary>
    /// <param name="options">What is accepted.</param>
    /// <param name="leastSide">What is needed of the shorter side, in pixels; the image may have more.</param>
    /// <param name="isKnown">Whether it was decoded before, and is known to be whole.</param>
    /// <exception cref="InvalidDataException">It is no image, too large, damaged or truncated.</exception>
    /// <exception cref="IOException">The file is absent or cannot be read.</exception>
    public RgbImage Decode(ImageDecoding options, int leastSide = int.MaxValue, bool isKnown = false)
    {
        if (Pixels is not null)
            return Checked(Pixels, options);
        using var image = new EncodedImage(Encoded ?? EncodedImage.ReadFile(Path!), options, looksAtPixels: !isKnown);
        return image.Decode(leastSide);
    }

    /// <summary>
    /// ML.NET decodes truncated files without an error, and leaves photos lie as the camera's sensor lay. The file tells, where the image
    /// names it; one that is gone since, or locked, is taken for a good one.
    /// </summary>
    private RgbImage Checked(RgbImage pixels, ImageDecoding options)
    {
        if (Path is null || !File.Exists(Path))
            return pixels;
        byte[] bytes;
        try
        {
            bytes = EncodedImage.ReadFile(Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return pixels;
        }
        using var image = new EncodedImage(bytes, options);
        image.ThrowIfDamaged();
        return ImageOrientation.Upright(pixels, image.Orientation);
    }
}
