namespace Microsoft.ML.Conformer.Explain;

/// <summary>An image with a map over it: cold where the network looks least, hot where it looks most.</summary>
internal static class MapOverlay
{
    /// <summary>How much of the picture the map's color hides.</summary>
    private const double Opacity = 0.55;

    /// <summary>From the least to the most: blue, cyan, green, yellow, red.</summary>
    private static readonly (double Red, double Green, double Blue)[] _colors =
        [(20, 20, 140), (0, 160, 220), (60, 190, 70), (250, 220, 40), (215, 25, 30)];

    public static RgbImage Of(RgbImage picture, ImageMap map)
    {
        var heat = map.Resize(picture.Height, picture.Width).Normalize().Array;
        var pixels = new byte[picture.ByteCount];
        for (var place = 0; place < heat.Length; place++)
        {
            var (red, green, blue) = ColorOf(heat[place]);
            var i = place * RgbImage.Channels;
            pixels[i] = Mix(picture.Pixels[i], red);
            pixels[i + 1] = Mix(picture.Pixels[i + 1], green);
            pixels[i + 2] = Mix(picture.Pixels[i + 2], blue);
        }
        return new RgbImage(picture.Width, picture.Height, pixels);
    }

    /// <summary>A map alone, each of its pixels a square.</summary>
    public static RgbImage Alone(ImageMap map, int side)
    {
        var heat = map.Normalize().Array;
        var pixels = new byte[side * side * RgbImage.Channels];
        for (var place = 0; place < side * side; place++)
        {
            var (row, column) = (place / side * map.Height / side, place % side * map.Width / side);
            var (red, green, blue) = ColorOf(heat[row * map.Width + column]);
            (pixels[3 * place], pixels[3 * place + 1], pixels[3 * place + 2]) = ((byte)red, (byte)green, (byte)blue);
        }
        return new RgbImage(side, side, pixels);
    }

    private static byte Mix(byte picture, double color) => (byte)Math.Round((1 - Opacity) * picture + Opacity * color);

    private static (double Red, double Green, double Blue) ColorOf(float heat)
    {
        var position = heat * (_colors.Length - 1);
        var first = Math.Clamp((int)position, 0, _colors.Length - 2);
        var (from, to, part) = (_colors[first], _colors[first + 1], position - first);
        return (
            from.Red + part * (to.Red - from.Red), from.Green + part * (to.Green - from.Green), from.Blue + part * (to.Blue - from.Blue));
    }
}
