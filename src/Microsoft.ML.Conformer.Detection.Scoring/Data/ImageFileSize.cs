namespace Microsoft.ML.Conformer.Detection.Data;

/// <summary>Reads from image files how large they are, where their annotations do not say.</summary>
internal static class ImageFileSize
{
    private static readonly ImageDecoding _anySize = new() { MaxPixels = ImageDecoding.MostMaxPixels };

    /// <summary>Height and width of the upright image in pixels, or what is wrong with it.</summary>
    public static (int Height, int Width, string? Fault) Of(string path)
    {
        try
        {
            using var image = new EncodedImage(EncodedImage.ReadFile(path), _anySize, looksAtPixels: false);
            return (image.Size.Height, image.Size.Width, null);
        }
        catch (Exception e) when (BadImage.CanCause(e))
        {
            return (0, 0, $"its size cannot be read: {VisibleText.Reason(e)}".TrimEnd('.'));
        }
    }
}
