namespace Conformer.Cli.Predicting;

/// <summary>Why a photo cannot be used.</summary>
internal static class PhotoFault
{
    /// <returns>Null where it can be decoded.</returns>
    public static string? Of(string path, long maxImagePixels)
    {
        try
        {
            using var image = ImageDecoder.Decode(EncodedImage.ReadFile(path), maxPixels: maxImagePixels);
            return null;
        }
        catch (Exception exception) when (BadImage.CanCause(exception))
        {
            return VisibleText.Reason(exception);
        }
    }
}
