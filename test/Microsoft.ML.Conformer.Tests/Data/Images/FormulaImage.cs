using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Tests.Data.Images;

/// <summary>Images whose every pixel follows from a formula, so that another program can make them too.</summary>
internal static class FormulaImage
{
    /// <summary>The byte of column x, row y and channel c is (37 x + 91 y + 53 c + 7 x y + offset) mod 256.</summary>
    public static RgbImage Rgb(int width, int height, int offset = 0)
    {
        var pixels = new byte[width * height * 3];
        for (var i = 0; i < pixels.Length; i++)
        {
            var (x, y, c) = (i / 3 % width, i / 3 / width, i % 3);
            pixels[i] = (byte)(37 * x + 91 * y + 53 * c + 7 * x * y + offset);
        }
        return new RgbImage(width, height, pixels);
    }

    /// <summary>The same as an image file; a GIF has few pixels, the others enough to cut some off.</summary>
    public static byte[] File(string extension)
    {
        var side = FileSide(extension);
        return ImageFileBytes.Encode(side, side, Rgb(side, side).Pixels, extension);
    }

    /// <summary>Width and height of <see cref="File"/>.</summary>
    public static int FileSide(string extension) => extension == ".gif" ? 10 : 64;

    /// <summary>The same as an image of ML.NET, opaque.</summary>
    public static MLImage MLImage(int width, int height, int offset = 0, MLPixelFormat format = MLPixelFormat.Rgba32)
    {
        var rgb = Rgb(width, height, offset).Pixels;
        var pixels = new byte[width * height * 4];
        for (var i = 0; i < width * height; i++)
        {
            var (r, b) = format == MLPixelFormat.Rgba32 ? (0, 2) : (2, 0);
            pixels[4 * i + r] = rgb[3 * i];
            pixels[4 * i + 1] = rgb[3 * i + 1];
            pixels[4 * i + b] = rgb[3 * i + 2];
            pixels[4 * i + 3] = byte.MaxValue;
        }
        return Microsoft.ML.Data.MLImage.CreateFromPixels(width, height, format, pixels);
    }
}
