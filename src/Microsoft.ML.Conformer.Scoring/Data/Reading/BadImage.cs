namespace Microsoft.ML.Conformer.Data.Reading;

/// <summary>An image that could not be read.</summary>
/// <param name="Row">Its row in the data view, from 0.</param>
/// <param name="Path">The file, where the row or the error tells.</param>
/// <param name="Cause">What went wrong; null where the row holds no image.</param>
internal sealed record BadImage(long Row, string? Path, Exception? Cause)
{
    /// <summary>Class index from 0; null where the row's label is missing or was not read.</summary>
    public long? Label { get; init; }

    public string Reason => Cause is null ? "The row holds none." : VisibleText.Reason(Cause);

    /// <summary>
    /// Whether an error while an image is read means that this image cannot be used. Decoders, file systems and pipelines throw what they
    /// like, so any does, except where the reading was canceled or the decoder itself is missing, which fails every image.
    /// </summary>
    public static bool CanCause(Exception exception) =>
        exception is not (OperationCanceledException or TypeLoadException or TypeInitializationException or BadImageFormatException);

    public string Describe()
    {
        var image = Path is null ? $"The image in row {Row}" : $"The image '{VisibleText.OfPath(Path)}' (row {Row})";
        return Cause is null ? $"{image} is missing: the row holds none." : $"{image} cannot be read: {Reason}";
    }
}
