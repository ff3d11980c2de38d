namespace Microsoft.ML.Conformer.Data.Images.Operations;

/// <summary>Turns hues by way of 8-bit HSV, with Pillow's roundings.</summary>
internal static class HueShift
{
    private const int Channels = RgbImage.Channels;

    /// <param name="pixels">[.., 3].</param>
    /// <param name="fraction">Of the circle, -0.5 to 0.5; cut to whole 255ths.</param>
    public static void Apply(Span<byte> pixels, double fraction)
    {
        var shift = (int)(fraction * byte.MaxValue);
        for (var i = 0; i <= pixels.Length - Channels; i += Channels)
        {
            var pixel = pixels.Slice(i, Channels);
            var value = Math.Max(pixel[0], Math.Max(pixel[1], pixel[2]));
            var spread = value - Math.Min(pixel[0], Math.Min(pixel[1], pixel[2]));
            if (spread == 0)
                continue; // gray
            var saturation = (byte)(int)((float)spread / value * 255.0);
            if (saturation == 0)
                pixel.Fill(value);
            else
                FromHsv((byte)(Hue(pixel, value, spread) + shift), saturation, value, pixel);
        }
    }

    private static int Hue(ReadOnlySpan<byte> pixel, int value, float spread)
    {
        float red = (value - pixel[0]) / spread, green = (value - pixel[1]) / spread, blue = (value - pixel[2]) / spread;
        var sixths = pixel[0] == value ? blue - green
            : pixel[1] == value ? (float)(2.0 + red - blue)
            : (float)(4.0 + green - red);
        var turns = sixths / 6.0 + 1.0;
        return (int)((float)(turns >= 1 ? turns - 1 : turns) * 255.0);
    }

    private static void FromHsv(byte hue, byte saturation, byte value, Span<byte> pixel)
    {
        var sixths = hue * 6.0 / 255.0;
        var sector = (int)sixths;
        var (within, strength) = ((float)(sixths - sector), (float)(saturation / 255.0));
        var low = Round(value * (1.0 - strength));
        var falling = Round(value * (1.0 - strength * within));
        var rising = Round(value * (1.0 - strength * (1.0 - within)));
        (pixel[0], pixel[1], pixel[2]) = (sector % 6) switch
        {
            0 => (value, rising, low),
            1 => (falling, value, low),
            2 => (low, value, rising),
            3 => (low, falling, value),
            4 => (rising, low, value),
            _ => (value, low, falling),
        };

        static byte Round(double level) => (byte)Math.Clamp((int)(level + 0.5), 0, byte.MaxValue);
    }
}
