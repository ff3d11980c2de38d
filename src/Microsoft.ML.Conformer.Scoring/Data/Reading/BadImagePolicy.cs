namespace Microsoft.ML.Conformer;

/// <summary>
/// What training and scoring do with an image that cannot be used: a missing, broken, truncated or empty file, one of more than
/// 178,956,970 pixels, or no image in the row.
/// </summary>
/// <remarks>
/// ML.NET decodes truncated files without an error; they are found for images of LoadImages, whose Tag is the file's path, and not for
/// images that the app decoded itself. A file that is too large is refused before it is decoded where the text column ImagePath names
/// it; where a column whose name ends with Path, File or FileName does, or relative to LoadImages' imageFolder, from the row on that
/// follows the first image.
/// </remarks>
public enum BadImagePolicy
{
    /// <summary>An <see cref="InvalidDataException"/> that names the image, by Fit or when the row's score is read; the default.</summary>
    Throw,

    /// <summary>
    /// Fit goes on without the image, reports each one as a warning, and their number at the end. In scored data the row stays: its scores
    /// are NaN and its predicted label is missing. ML.NET's Evaluate leaves such rows out.
    /// </summary>
    Skip,
}
