namespace Microsoft.ML.Conformer.Data.Checking;

/// <summary>Small pictures of image files, upright, for a page.</summary>
/// <param name="decoding">What is accepted; of a damaged image what can be decoded is shown.</param>
internal sealed class Thumbnails(ImageDecoding decoding)
{
    private const int Side = 112, Quality = 75;

    private readonly ImageDecoding _decoding = decoding with { TolerateTruncated = true };

    /// <summary>A JPEG as a data URI; null where nothing can be decoded.</summary>
    public string? Of(string path)
    {
        try
        {
            return Of(new RowImage(null, null, path).Decode(_decoding, Side));
        }
        catch (Exception exception) when (BadImage.CanCause(exception)) // it was found to be so, or has changed since
        {
            return null;
        }
    }

    /// <summary>The same of pixels.</summary>
    public static string Of(RgbImage image)
    {
        var scale = Math.Min(1, (double)Side / Math.Max(image.Width, image.Height));
        var (width, height) = (Scaled(image.Width, scale), Scaled(image.Height, scale));
        return "data:image/jpeg;base64," + Convert.ToBase64String(
            Resampler.Resize(image, width, height, ResamplingKernel.Bilinear).ToJpeg(Quality));
    }

    private static int Scaled(int side, double scale) => Math.Max(1, (int)Math.Round(side * scale));
}
