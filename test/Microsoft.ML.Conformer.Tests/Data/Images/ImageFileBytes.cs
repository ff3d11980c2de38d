using System.Buffers.Binary;
using SkiaSharp;

namespace Microsoft.ML.Conformer.Tests.Data.Images;

/// <summary>The bytes of image files in every format that ML.NET decodes.</summary>
internal static class ImageFileBytes
{
    /// <summary>The formats, by file extension.</summary>
    public static readonly string[] Extensions = [".jpg", ".png", ".webp", ".bmp", ".gif"];

    /// <summary>An image as a file; lossless but for JPEG.</summary>
    /// <param name="width">In pixels.</param>
    /// <param name="height">In pixels.</param>
    /// <param name="rgb">[height, width, 3].</param>
    /// <param name="extension">One of <see cref="Extensions"/>. A GIF may have 100 pixels.</param>
    public static byte[] Encode(int width, int height, ReadOnlySpan<byte> rgb, string extension) => extension switch
    {
        ".jpg" => BySkia(width, height, rgb, SKEncodedImageFormat.Jpeg, quality: 90),
        ".png" => BySkia(width, height, rgb, SKEncodedImageFormat.Png, quality: 100),
        ".webp" => BySkia(width, height, rgb, SKEncodedImageFormat.Webp, quality: 100), // lossless
        ".bmp" => Bmp(width, height, rgb),
        ".gif" => Gif(width, height, rgb),
        _ => throw new ArgumentOutOfRangeException(nameof(extension), extension, "There is no such format."),
    };

    /// <summary>A GIF of one pixel that claims a larger canvas.</summary>
    public static byte[] GifThatClaims(int width, int height)
    {
        var file = Gif(1, 1, new byte[3]);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(6), checked((ushort)width));
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(8), checked((ushort)height));
        return file;
    }

    /// <summary>A PNG with transparency.</summary>
    /// <param name="width">In pixels.</param>
    /// <param name="height">In pixels.</param>
    /// <param name="rgba">[height, width, 4], the colors not multiplied by alpha.</param>
    public static byte[] Png(int width, int height, ReadOnlySpan<byte> rgba)
    {
        using var image = SKImage.FromPixelCopy(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul), rgba.ToArray());
        using var data = image.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    private static byte[] BySkia(int width, int height, ReadOnlySpan<byte> rgb, SKEncodedImageFormat format, int quality)
    {
        var pixels = new byte[4 * width * height];
        for (var i = 0; i < pixels.Length; i++)
            pixels[i] = i % 4 == 3 ? byte.MaxValue : rgb[i / 4 * 3 + i % 4];
        var info = new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        using var image = SKImage.FromPixelCopy(info, pixels);
        using var data = image.Encode(format, quality);
        return data.ToArray();
    }

    /// <summary>24 bits a pixel, rows from the bottom, padded to four bytes.</summary>
    private static byte[] Bmp(int width, int height, ReadOnlySpan<byte> rgb)
    {
        const int HeaderBytes = 54;
        var stride = (3 * width + 3) / 4 * 4;
        var file = new byte[HeaderBytes + stride * height];
        "BM"u8.CopyTo(file);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(2), file.Length);
        file[10] = HeaderBytes;
        file[14] = 40; // the size of BITMAPINFOHEADER
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(18), width);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(22), height);
        file[26] = 1; // planes
        file[28] = 24;
        for (var y = 0; y < height; y++)
        {
            var row = file.AsSpan(HeaderBytes + (height - 1 - y) * stride);
            for (var x = 0; x < 3 * width; x++)
                row[x] = rgb[3 * width * y + x / 3 * 3 + 2 - x % 3];
        }
        return file;
    }

    /// <summary>A color of its own for each pixel, of which there are so few that LZW never changes the width of its codes.</summary>
    private static byte[] Gif(int width, int height, ReadOnlySpan<byte> rgb)
    {
        const int Colors = 128;
        const byte Clear = 128, End = 129;
        var count = width * height;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, 100);
        var palette = new byte[3 * Colors];
        rgb[..(3 * count)].CopyTo(palette);
        return
        [
            .. "GIF89a"u8, (byte)width, 0, (byte)height, 0, 0xF6, 0, 0, .. palette,
            (byte)',', 0, 0, 0, 0, (byte)width, 0, (byte)height, 0, 0,
            7, (byte)(count + 2), Clear, .. Enumerable.Range(0, count).Select(i => (byte)i), End, 0,
            (byte)';',
        ];
    }
}
