using Microsoft.ML.Data;

namespace WebScoring.Tests;

/// <summary>Noisy images of one color, which even a tiny network tells apart; no two are equal.</summary>
internal static class ColoredImages
{
    public const int Side = 32;

    public static readonly string[] Colors = ["red", "green", "blue"];

    /// <summary>Writes an image file in the format of its extension.</summary>
    public static void Write(string path, string color, int seed, int width = Side, int height = Side)
    {
        var random = new Random(seed);
        var channel = Array.IndexOf(Colors, color);
        var pixels = new byte[4 * width * height];
        for (var i = 0; i < pixels.Length; i++)
            pixels[i] = (byte)(i % 4 == 3 ? 255 : random.Next(70) + (i % 4 == channel ? 150 : 0));
        using var image = MLImage.CreateFromPixels(width, height, MLPixelFormat.Rgba32, pixels);
        image.Save(path);
    }

    /// <summary>An image file's bytes.</summary>
    public static byte[] Encode(string color, int seed = 1, int width = Side, int height = Side, string extension = ".png")
    {
        using var folder = new TemporaryFolder();
        var path = folder.PathOf("image" + extension);
        Write(path, color, seed, width, height);
        return File.ReadAllBytes(path);
    }

    /// <summary>Files of all colors in turn.</summary>
    public static List<byte[]> EncodeSet(int count) =>
    [
        .. Enumerable.Range(0, count)
            .Select(number => Encode(Colors[number % Colors.Length], number, Side + number % 5, Side + number % 3)),
    ];
}
