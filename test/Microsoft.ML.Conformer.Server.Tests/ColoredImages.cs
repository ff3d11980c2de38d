using Microsoft.ML.Conformer.Tests.Data.Images;

namespace Conformer.Server.Tests;

/// <summary>Noisy images of one color, which even a tiny network tells apart; no two are equal.</summary>
internal static class ColoredImages
{
    public const int Side = 32;

    public static readonly string[] Colors = ["red", "green", "blue"];

    /// <summary>Writes an image file in the format of its extension.</summary>
    public static void Write(string path, string color, int seed) =>
        File.WriteAllBytes(path, Encode(color, seed, extension: Path.GetExtension(path)));

    /// <summary>An image file's bytes.</summary>
    public static byte[] Encode(string color, int seed = 1, int width = Side, int height = Side, string extension = ".png")
    {
        var random = new Random(seed);
        var channel = Array.IndexOf(Colors, color);
        var pixels = new byte[3 * width * height];
        for (var i = 0; i < pixels.Length; i++)
            pixels[i] = (byte)(random.Next(70) + (i % 3 == channel ? 150 : 0));
        return ImageFileBytes.Encode(width, height, pixels, extension);
    }

    /// <summary>Files of all colors in turn.</summary>
    public static List<byte[]> EncodeSet(int count) =>
    [
        .. Enumerable.Range(0, count)
            .Select(number => Encode(Colors[number % Colors.Length], number, Side + number % 5, Side + number % 3)),
    ];
}
