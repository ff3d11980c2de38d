using System.Threading.RateLimiting;
using Microsoft.ML.Data;
using SkiaSharp;
using WebScoring.Model;

namespace WebScoring.Images;

/// <summary>Decodes image files, as many at a time as the memory for their pixels allows; further ones wait for their turn.</summary>
internal sealed class ImageDecoder(Limits limits) : IDisposable
{
    /// <summary>Memory is counted in units of so many pixels, so that all requests' images together stay within an int.</summary>
    private const int PixelsPerPermit = 1024;

    private readonly ConcurrencyLimiter _memory = new(new ConcurrencyLimiterOptions
    {
        PermitLimit = Permits(limits.MaxPixelsInMemory),
        QueueLimit = int.MaxValue,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    });

    /// <summary>Decodes a file.</summary>
    /// <param name="file">A JPEG, PNG, WebP, GIF or BMP file; of an animation its first frame is decoded.</param>
    /// <param name="abandoned">Canceled when nobody waits for the image's scores any more.</param>
    /// <exception cref="RefusalException">It is no such file, has too many pixels, is damaged or truncated, or too many wait.</exception>
    /// <exception cref="OperationCanceledException">It was abandoned.</exception>
    public async Task<QueuedImage> DecodeAsync(ArraySegment<byte> file, CancellationToken abandoned)
    {
        var size = ReadSize(file);
        var pixels = (long)size.Width * size.Height;
        if (pixels > limits.MaxPixels)
        {
            throw new RefusalException(
                StatusCodes.Status413PayloadTooLarge,
                $"It has {size.Width} x {size.Height} pixels; at most {limits.MaxPixels / 1e6:0.###} million are allowed. Scale it down.");
        }

        var memory = await _memory.AcquireAsync(Permits((int)pixels), abandoned);
        if (!memory.IsAcquired)
            throw new RefusalException(StatusCodes.Status503ServiceUnavailable, "Too many images wait for memory.");
        try
        {
            return new QueuedImage(Decode(file), memory, abandoned);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    public void Dispose() => _memory.Dispose();

    private static int Permits(int pixels) => (pixels - 1) / PixelsPerPermit + 1;

    /// <summary>
    /// Reads how large an image is before anything is decoded, since a file of a few bytes may ask for gigabytes of pixels. The decoder
    /// keeps nothing, as the file may have to wait for memory.
    /// </summary>
    private static SKSizeI ReadSize(ArraySegment<byte> file)
    {
        using var codec = Open(file);
        return codec.Info.Size;
    }

    private static MLImage Decode(ArraySegment<byte> file)
    {
        using var pixels = DecodePixels(file);
        return MLImage.CreateFromPixels(pixels.Width, pixels.Height, MLPixelFormat.Bgra32, pixels.GetPixelSpan());
    }

    /// <summary>MLImage could decode by itself, but takes a truncated file without a word. Pixels and alpha are as there.</summary>
    private static SKBitmap DecodePixels(ArraySegment<byte> file)
    {
        using var codec = Open(file);
        var alpha = codec.Info.IsOpaque ? SKAlphaType.Opaque : SKAlphaType.Premul;
        var pixels = new SKBitmap(new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Bgra8888, alpha));
        var result = codec.GetPixels(pixels.Info, pixels.GetPixels());
        if (result == SKCodecResult.Success)
            return pixels;
        pixels.Dispose();
        throw NotDecodable(result == SKCodecResult.IncompleteInput
            ? "It is truncated: a part of its pixels is missing. Send the whole file."
            : "It is damaged: its pixels cannot be decoded.");
    }

    /// <summary>
    /// Reads the header. SkiaSharp knows more formats than training reads; and it refuses JPEGs of 100 scans and more, each of which goes
    /// over all pixels.
    /// </summary>
    private static SKCodec Open(ArraySegment<byte> file)
    {
        var codec = SKCodec.Create(new MemoryStream(file.Array!, file.Offset, file.Count), out var result);
        if (codec is null && result != SKCodecResult.Unimplemented)
            throw NotDecodable("It is damaged: its header cannot be read.");
        if (codec?.EncodedFormat is SKEncodedImageFormat.Jpeg or SKEncodedImageFormat.Png or SKEncodedImageFormat.Webp
            or SKEncodedImageFormat.Gif or SKEncodedImageFormat.Bmp)
            return codec;
        codec?.Dispose();
        throw NotDecodable("It is not a JPEG, PNG, WebP, GIF or BMP image.");
    }

    private static RefusalException NotDecodable(string reason) => new(StatusCodes.Status422UnprocessableEntity, reason);
}
