using System.Threading.RateLimiting;
using Microsoft.ML.Conformer;
using WebScoring.Model;

namespace WebScoring.Images;

/// <summary>Decodes uploaded images, as many at a time as the memory for their pixels allows; further ones wait for their turn.</summary>
internal sealed class UploadDecoder(Limits limits) : IDisposable
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
    /// <param name="background">What shows through transparent pixels.</param>
    /// <param name="abandoned">Canceled when nobody waits for the image's scores any more.</param>
    /// <exception cref="RefusalException">It is no such file, has too many pixels, is damaged or truncated, or too many wait.</exception>
    /// <exception cref="OperationCanceledException">It was abandoned.</exception>
    public async Task<QueuedImage> DecodeAsync(ArraySegment<byte> file, ImageBackground background, CancellationToken abandoned)
    {
        // A file of a few bytes may ask for gigabytes of pixels.
        var (width, height) = Refusing(() => ImageDecoder.ReadSize(file));
        var pixels = (long)width * height;
        if (pixels > limits.MaxPixels)
        {
            throw new RefusalException(
                StatusCodes.Status413PayloadTooLarge,
                $"It has {width} x {height} pixels; at most {limits.MaxPixels / 1e6:0.###} million are allowed. Scale it down.");
        }

        var memory = await _memory.AcquireAsync(Permits((int)pixels), abandoned);
        if (!memory.IsAcquired)
            throw new RefusalException(StatusCodes.Status503ServiceUnavailable, "Too many images wait for memory.");
        try
        {
            return new QueuedImage(Refusing(() => ImageDecoder.Decode(file, background, limits.MaxPixels)), memory, abandoned);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    public void Dispose() => _memory.Dispose();

    private static int Permits(int pixels) => (pixels - 1) / PixelsPerPermit + 1;

    private static T Refusing<T>(Func<T> decode)
    {
        try
        {
            return decode();
        }
        catch (InvalidDataException exception)
        {
            throw new RefusalException(StatusCodes.Status422UnprocessableEntity, VisibleText.Reason(exception));
        }
    }
}
