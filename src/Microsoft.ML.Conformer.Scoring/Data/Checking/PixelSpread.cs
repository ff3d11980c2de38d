namespace Microsoft.ML.Conformer.Data.Checking;

/// <summary>How far apart an image's values are.</summary>
internal static class PixelSpread
{
    private const double LeftOut = 0.005;
    private const int Levels = 256;

    /// <summary>
    /// Within how many levels of 256 lie 99 % of the values, in the color where they are the furthest apart: the half percent at either
    /// end, a date or dead pixels, is left out.
    /// </summary>
    public static int Of(RgbImage image)
    {
        var counts = new int[RgbImage.Channels, Levels];
        for (var i = 0; i < image.ByteCount; i += RgbImage.Channels)
            for (var channel = 0; channel < RgbImage.Channels; channel++)
                counts[channel, image.Pixels[i + channel]]++;
        var leftOut = (int)(image.Width * (double)image.Height * LeftOut);
        return Enumerable.Range(0, RgbImage.Channels).Max(channel =>
            1 + End(Enumerable.Range(0, Levels).Reverse(), channel) - End(Enumerable.Range(0, Levels), channel));

        int End(IEnumerable<int> levels, int channel)
        {
            var rest = leftOut;
            return levels.First(level => (rest -= counts[channel, level]) < 0);
        }
    }
}
