using System.Numerics.Tensors;
using System.Runtime.Intrinsics;
using Microsoft.ML.Data;
using SkiaSharp;

namespace Microsoft.ML.Conformer.Data.Images;

/// <summary>A decoded image, three bytes for each pixel.</summary>
internal sealed class RgbImage
{
    public const int Channels = 3;

    public RgbImage(int width, int height, byte[] pixels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        if (pixels.Length < (long)width * height * Channels)
            throw new ArgumentException($"{pixels.Length} bytes do not hold {width}x{height} RGB pixels.", nameof(pixels));
        (Width, Height, Pixels) = (width, height, pixels);
    }

    public int Width { get; }

    public int Height { get; }

    /// <summary>[Height, Width, 3] in row-major order; the array may be longer than the image.</summary>
    public byte[] Pixels { get; }

    public int ByteCount => Width * Height * Channels;

    public int ShorterSide => Math.Min(Width, Height);

    /// <summary>Copies the pixels out of ML.NET's image, whose memory its producer frees or reuses.</summary>
    public static RgbImage FromMLImage(MLImage image, ImageBackground background = ImageBackground.Black)
    {
        // The order of the bytes is a matter of the platform and of who made the image, so that it may change from row to row.
        var redFirst = image.PixelFormat switch
        {
            MLPixelFormat.Rgba32 => true,
            MLPixelFormat.Bgra32 => false,
            var format => throw new NotSupportedException(
                $"The image has the pixel format {format}; expected {MLPixelFormat.Rgba32} or {MLPixelFormat.Bgra32}."),
        };
        return FromPixels(image.Pixels, image.Width, image.Height, redFirst, background);
    }

    /// <summary>
    /// Copies pixels of four bytes, whose colors are premultiplied by the alpha behind them, as they look on a background.
    /// </summary>
    public static RgbImage FromPixels(ReadOnlySpan<byte> source, int width, int height, bool redFirst, ImageBackground background)
    {
        var pixels = GC.AllocateUninitializedArray<byte>(checked(width * height * Channels));
        CopyColors(source, redFirst, pixels);
        if (background == ImageBackground.White)
            AddWhite(source, pixels);
        return new RgbImage(width, height, pixels);
    }

    /// <summary>A new image of ML.NET's with these pixels, opaque; its bytes are in the order of <paramref name="format"/>.</summary>
    public MLImage ToMLImage(MLPixelFormat format = MLPixelFormat.Rgba32) =>
        MLImage.CreateFromPixels(Width, Height, format, ToPixels(redFirst: format == MLPixelFormat.Rgba32));

    /// <summary>The pixels in four bytes each, opaque, red or blue first.</summary>
    public byte[] ToPixels(bool redFirst = true)
    {
        const int channels = 4;
        var (red, blue) = redFirst ? (0, 2) : (2, 0);
        var pixels = new byte[Width * Height * channels];
        for (int from = 0, to = 0; to < pixels.Length; from += Channels, to += channels)
        {
            pixels[to + red] = Pixels[from];
            pixels[to + 1] = Pixels[from + 1];
            pixels[to + blue] = Pixels[from + 2];
            pixels[to + 3] = byte.MaxValue;
        }
        return pixels;
    }

    /// <summary>A JPEG file, its colors at half of the resolution.</summary>
    /// <param name="quality">0-100, as libjpeg has it.</param>
    public byte[] ToJpeg(int quality) => Encode(SKEncodedImageFormat.Jpeg, quality);

    public byte[] ToPng() => Encode(SKEncodedImageFormat.Png, quality: 100);

    /// <summary>A copy to draw with; the caller disposes it.</summary>
    public SKImage ToPicture() =>
        SKImage.FromPixelCopy(new SKImageInfo(Width, Height, SKColorType.Rgba8888, SKAlphaType.Opaque), ToPixels());

    /// <summary>Whether its brightest and its darkest value are hardly apart.</summary>
    public bool IsDull()
    {
        const int range = 16;
        var colors = Pixels.AsSpan(0, ByteCount);
        return TensorPrimitives.Max<byte>(colors) - TensorPrimitives.Min<byte>(colors) < range;
    }

    private byte[] Encode(SKEncodedImageFormat format, int quality)
    {
        using var picture = ToPicture();
        using var data = picture.Encode(format, quality);
        return data.ToArray();
    }

    private static void AddWhite(ReadOnlySpan<byte> source, Span<byte> colors)
    {
        for (int alpha = 3, i = 0; i < colors.Length; alpha += 4)
            for (var channel = 0; channel < Channels; channel++, i++)
                colors[i] = (byte)Math.Min(colors[i] + byte.MaxValue - source[alpha], byte.MaxValue);
    }

    /// <summary>Drops alpha: transparency is black.</summary>
    private static void CopyColors(ReadOnlySpan<byte> source, bool redFirst, Span<byte> destination)
    {
        var count = destination.Length / Channels;
        var order = redFirst
            ? Vector128.Create((byte)0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 0xFF, 0xFF, 0xFF, 0xFF)
            : Vector128.Create((byte)2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, 0xFF, 0xFF, 0xFF, 0xFF);
        var i = 0;
        // 4 pixels at a time; the store's last 4 bytes are overwritten by the next one, so the last pixels go one by one.
        for (; i * Channels <= destination.Length - Vector128<byte>.Count && i <= count - 4; i += 4)
            Vector128.Shuffle(Vector128.Create(source[(4 * i)..]), order).CopyTo(destination[(Channels * i)..]);
        var (red, blue) = redFirst ? (0, 2) : (2, 0);
        for (; i < count; i++)
        {
            destination[Channels * i] = source[4 * i + red];
            destination[Channels * i + 1] = source[4 * i + 1];
            destination[Channels * i + 2] = source[4 * i + blue];
        }
    }
}
