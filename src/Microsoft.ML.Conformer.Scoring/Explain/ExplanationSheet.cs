namespace Microsoft.ML.Conformer;

/// <summary>Explanations of several images as one picture: a row for each, with the image and its maps.</summary>
public static class ExplanationSheet
{
    /// <summary>The most images on a sheet.</summary>
    public const int MaxImages = 100;

    /// <summary>
    /// Saves a sheet as a PNG file, which appears when it is complete. A row has the image, its file's name, class and probability, and
    /// beside it the maps over the image; where stages were asked for, a second row has these.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="explanations">1 to 100 explanations, with pictures of one size.</param>
    /// <param name="includeStages">Whether the stages' maps are shown. Default false.</param>
    /// <exception cref="ArgumentException">
    /// There are no explanations, or too many (fewer than 100 fit where pictures are larger than about 300 pixels), or their pictures
    /// are of several sizes.
    /// </exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    public static void Save(string path, IReadOnlyList<ImageExplanation> explanations, bool includeStages = false)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentNullException.ThrowIfNull(explanations);
        if (explanations.Count is 0 or > MaxImages)
            throw new ArgumentException(
                $"There are {explanations.Count} explanations; a sheet shows 1-{MaxImages}.", nameof(explanations));
        if (explanations.Contains(null!))
            throw new ArgumentException("One of the explanations is null.", nameof(explanations));
        var side = explanations[0].Picture.Width;
        if (explanations.Count > MostImages(side))
            throw new ArgumentException(
                $"There are {explanations.Count} explanations with pictures of {side} pixels; a sheet shows 1-{MostImages(side)} of that " +
                $"size. Take smaller pictures ({nameof(ExplanationOptions)}.{nameof(ExplanationOptions.PictureSize)}) or several sheets.",
                nameof(explanations));
        if (explanations.FirstOrDefault(explanation => explanation.Picture.Width != side) is { } other)
            throw new ArgumentException(
                $"There are explanations with pictures of {side} and of {other.Picture.Width} pixels; a sheet shows those of one size.",
                nameof(explanations));
        AtomicFile.Write(path, stream => stream.Write(SheetPicture.Png(explanations, includeStages)));
    }

    /// <summary>The most images on a sheet with pictures of a size, so that it is no larger than what is decoded as an image.</summary>
    /// <param name="pictureSize">In pixels.</param>
    internal static int MostImages(int pictureSize) =>
        (int)Math.Clamp(ImageDecoding.DefaultMaxPixels / SheetPicture.MostPixelsOfImage(pictureSize), 1, MaxImages);
}
