
namespace Conformer.Server.Images;

/// <summary>
/// Decodes uploaded images, as many at a time as there are threads for, and as the memory for their pixels allows; further ones wait for
/// their turn.
/// </summary>
internal sealed class UploadDecoder(Limits limits, int threads) : IDisposable
{
    private readonly PixelMemory _memory = new(limits);
    private readonly SemaphoreSlim _turns = new(threads);

    /// <summary>Decodes a file.</summary>
    /// <param name="file">A JPEG, PNG, WebP, GIF or BMP file; of an animation its first frame is decoded.</param>
    /// <param name="background">What shows through transparent pixels.</param>
    /// <param name="abandoned">Canceled when nobody waits for the image any more.</param>
    /// <exception cref="RefusalException">It is no such file, has too many pixels, is damaged or truncated, or too many wait.</exception>
    /// <exception cref="OperationCanceledException">It was abandoned.</exception>
    public async Task<DecodedImage> DecodeAsync(ArraySegment<byte> file, ImageBackground background, CancellationToken abandoned)
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

        var memory = await _memory.TakeAsync((int)pixels, abandoned);
        try
        {
            return await InTurnAsync(
                () => new DecodedImage(Refusing(() => ImageDecoder.Decode(file, background, limits.MaxPixels)), memory), abandoned);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <summary>Does other work that goes through an image's pixels, in its turn among the images to decode.</summary>
    /// <exception cref="OperationCanceledException">It was abandoned before its turn.</exception>
    public async Task<T> InTurnAsync<T>(Func<T> work, CancellationToken abandoned)
    {
        await _turns.WaitAsync(abandoned);
        try
        {
            return work();
        }
        finally
        {
            _turns.Release();
        }
    }

    public void Dispose()
    {
        _memory.Dispose();
        _turns.Dispose();
    }

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
