namespace Microsoft.ML.Conformer;

/// <summary>Whether decoded images are kept from one epoch to the next.</summary>
public enum ImageCaching
{
    /// <summary>
    /// Where the image column has files' paths: kept in memory if all fit there, otherwise decoded anew in each epoch, and the first one
    /// begins at once. Other images are kept. The default.
    /// </summary>
    Auto,

    /// <summary>Kept: decoded before the first epoch; in memory as far as they fit, the others in a temporary file.</summary>
    Keep,

    /// <summary>
    /// Decoded anew in each epoch, so that no memory is needed for them; the image column must have files' paths. An image that cannot be
    /// used ends the run when its turn comes, unless bad images are to be skipped: then all are decoded once before the first epoch.
    /// </summary>
    Decode,
}
