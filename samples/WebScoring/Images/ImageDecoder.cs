using System.Threading.RateLimiting;
using Microsoft.ML.Data;
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
    /// <param name="file">A JPEG, PNG or WebP file.</param>
    /// <param name="abandoned">Canceled when nobody waits for the image's scores any more.</param>
    /// <exception cref="RefusalException">It is no such file, has too many pixels, is damaged, or too many wait.</exception>
    /// <exception cref="OperationCanceledException">It was abandoned.</exception>
    public async Task<QueuedImage> DecodeAsync(ArraySegment<byte> file, CancellationToken abandoned)
    {
        var (width, height) = ImageHeader.ReadSize(file) ?? throw NotDecodable("It is not a JPEG, PNG or WebP image.");
        if ((ulong)width * height > (ulong)limits.MaxPixels)
        {
            throw new RefusalException(
                StatusCodes.Status413PayloadTooLarge,
                $"It has {width} x {height} pixels; at most {limits.MaxPixels / 1e6:0.###} million are allowed. Scale it down.");
        }

        var memory = await _memory.AcquireAsync(Permits((int)(width * height)), abandoned);
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

    private static MLImage Decode(ArraySegment<byte> file)
    {
        try
        {
            return MLImage.CreateFromStream(new MemoryStream(file.Array!, file.Offset, file.Count));
        }
        // Decoders throw what they like; but a lack of memory, or of the native decoder, is not the file's fault.
        catch (Exception exception) when (exception is not (
            OutOfMemoryException or TypeLoadException or TypeInitializationException or BadImageFormatException))
        {
            throw NotDecodable("It is damaged: its pixels cannot be decoded.");
        }
    }

    private static RefusalException NotDecodable(string reason) => new(StatusCodes.Status422UnprocessableEntity, reason);
}
