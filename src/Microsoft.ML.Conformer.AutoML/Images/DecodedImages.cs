using System.Collections.Concurrent;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.AutoML.Images;

/// <summary>Decoded images by path. Thread-safe.</summary>
internal sealed class DecodedImages
{
    /// <summary>A quarter of the memory that the process may use.</summary>
    public static readonly long DefaultMaxBytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4;

    private readonly ConcurrentDictionary<string, Pixels> _images = new(StringComparer.Ordinal);
    private readonly long _maxBytes;
    private long _bytes;

    /// <param name="maxBytes">Bytes of pixels to keep; what is beyond is not kept.</param>
    public DecodedImages(long maxBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxBytes);
        _maxBytes = maxBytes;
    }

    /// <summary>Number of images kept.</summary>
    public int Count => _images.Count;

    /// <summary>A new image with the kept pixels, tagged with its path as LoadImages does; null where it is not kept.</summary>
    public MLImage? Find(string path)
    {
        if (!_images.TryGetValue(path, out var kept))
            return null;
        var image = MLImage.CreateFromPixels(kept.Width, kept.Height, kept.Format, kept.Data);
        image.Tag = kept.Tag;
        return image;
    }

    /// <summary>Copies an image's pixels, where there is room for them.</summary>
    public void Keep(string path, MLImage image)
    {
        var pixels = image.Pixels;
        if (image.PixelFormat == MLPixelFormat.Unknown)
            return;
        var hasRoom = Interlocked.Add(ref _bytes, pixels.Length) <= _maxBytes;
        if (!hasRoom || !_images.TryAdd(path, new Pixels(image.Width, image.Height, image.PixelFormat, image.Tag, pixels.ToArray())))
            Interlocked.Add(ref _bytes, -pixels.Length);
    }

    private sealed record Pixels(int Width, int Height, MLPixelFormat Format, string? Tag, byte[] Data);
}
