namespace Microsoft.ML.Conformer;

/// <summary>What the trainer does with an image that cannot be read: a missing, broken or empty file, or no image in the row.</summary>
public enum BadImagePolicy
{
    /// <summary>Stops with an <see cref="InvalidDataException"/> that names the image; the default.</summary>
    Throw,

    /// <summary>Goes on without the image; each one is reported as a warning, and their number at the end.</summary>
    Skip,
}
