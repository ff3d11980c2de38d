namespace Microsoft.ML.Conformer.Detection.Images;

/// <summary>A photo at the size that the network sees, its colors yet as they are.</summary>
/// <param name="Image">The photo.</param>
/// <param name="Size">What size it had, and has.</param>
/// <param name="PaddedHeight">Its height with padding: a multiple of what the network takes.</param>
/// <param name="PaddedWidth">Its width with padding.</param>
internal sealed record PreparedPhoto(RgbImage Image, ResizedImage Size, int PaddedHeight, int PaddedWidth)
{
    /// <summary>Number of values with padding.</summary>
    public int Length => checked(RgbImage.Channels * PaddedHeight * PaddedWidth);

    public static PreparedPhoto Of(RgbImage photo, DetectorPreprocessing preprocessing, int divisor)
    {
        var size = preprocessing.SizeOf(photo.Height, photo.Width);
        return new PreparedPhoto(
            LinearResize.Apply(photo, size.NewHeight, size.NewWidth), size, ResizedImage.Padded(size.NewHeight, divisor),
            ResizedImage.Padded(size.NewWidth, divisor));
    }

    /// <summary>Writes its values as a graph's input has them, [3, H, W] or [H, W, 3], zeros at the bottom and at the right.</summary>
    /// <param name="values">Zeros.</param>
    /// <param name="kind">What the input holds.</param>
    /// <param name="levels">What each of the 256 levels of each channel becomes.</param>
    public void Write(Span<float> values, OnnxInputKind kind, float[] levels)
    {
        const int channels = RgbImage.Channels, count = 256;
        var (pixelStep, channelStep) = kind == OnnxInputKind.PixelsNhwc ? (channels, 1) : (1, PaddedHeight * PaddedWidth);
        for (var y = 0; y < Image.Height; y++)
        {
            var row = Image.Pixels.AsSpan(y * Image.Width * channels, Image.Width * channels);
            var target = y * PaddedWidth * pixelStep;
            for (var x = 0; x < row.Length; x += channels, target += pixelStep)
                for (var channel = 0; channel < channels; channel++)
                    values[target + channel * channelStep] = levels[channel * count + row[x + channel]];
        }
    }

    /// <summary>What each of the 256 levels of each channel becomes in an input of a kind.</summary>
    public static float[] Levels(OnnxInputKind kind, ImagePreprocessing colors) =>
    [
        .. Enumerable.Range(0, RgbImage.Channels).SelectMany(channel => Enumerable.Range(0, 256).Select(level =>
            kind == OnnxInputKind.NormalizedNchw ? (level / 255f - colors.Mean[channel]) / colors.Std[channel] : level)),
    ];
}
