namespace Microsoft.ML.Conformer;

/// <summary>
/// What training and scoring do with an image that cannot be used: a missing, empty or damaged file, one of which pixels are missing, one
/// that is no image or of too many pixels, or no image in the row.
/// </summary>
/// <remarks>
/// Of images that the app decoded itself only their size is looked at. ML.NET's LoadImages decodes damaged files without an error; they are
/// found by the Tag of its images, the file's path. A file that is too large is refused before LoadImages decodes it where the text column
/// ImagePath names it; where a column whose name ends with Path, File or FileName does, or relative to LoadImages' imageFolder, from the
/// row on that follows the first image.
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
