using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Training;

internal sealed class ColoredImage
{
    private const int Side = 40;

    [ImageType(Side, Side)]
    public required MLImage Image { get; init; }

    public required string Label { get; init; }

    /// <summary>Noise, brighter in one of two colors; the same each time.</summary>
    public static IReadOnlyList<ColoredImage> Make(int count)
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, count).Select(i => Noise(random, isRed: i % 2 == 0))];
    }

    private static ColoredImage Noise(Random random, bool isRed)
    {
        var pixels = new byte[Side * Side * 4]; // BGRA
        random.NextBytes(pixels);
        for (var i = isRed ? 2 : 0; i < pixels.Length; i += 4)
            pixels[i] |= 0x80;
        for (var i = 3; i < pixels.Length; i += 4)
            pixels[i] = 0xff;
        return new ColoredImage
        {
            Image = MLImage.CreateFromPixels(Side, Side, MLPixelFormat.Bgra32, pixels),
            Label = isRed ? "red" : "blue",
        };
    }
}
