using System.Collections.Concurrent;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.AutoML.Images;

/// <summary>Decoded images by path, in memory up to a limit and beyond it in a temporary file. Thread-safe.</summary>
internal sealed class DecodedImages(long maxMemoryBytes, string tempFolder)
{
    public static readonly long DefaultMaxMemoryBytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4;

    private const int MLImageChannels = 4;

    // Never disposed: it lives as long as the views that read from it, and its file goes with it.
    private readonly ImageCache _cache = new(maxMemoryBytes, tempFolder);
    private readonly ConcurrentDictionary<string, Kept> _images = new(StringComparer.Ordinal);
    private readonly Lock _adding = new();
    private volatile bool _isFull;

    /// <summary>A new image with the kept pixels, tagged with its path as LoadImages does; null where it is not kept.</summary>
    public MLImage? Find(string path)
    {
        if (!_images.TryGetValue(path, out var kept))
            return null;
        using var lease = _cache.Rent(kept.Index);
        var image = lease.Image.ToMLImage(kept.Format);
        image.Tag = kept.Tag;
        return image;
    }

    /// <summary>Copies an image's pixels, unless some are transparent (the cache has only colors) or too many to be trained on.</summary>
    public void Keep(string path, MLImage image)
    {
        if (_isFull || image.PixelFormat == MLPixelFormat.Unknown || (long)image.Width * image.Height > ImageDecoding.DefaultMaxPixels
            || !IsOpaque(image))
            return;
        lock (_adding) // of two passes that decode the same image at once, one keeps it
        {
            if (_images.ContainsKey(path))
                return;
            try
            {
                _images[path] = new Kept(_cache.Add(RgbImage.FromMLImage(image)), image.PixelFormat, image.Tag);
            }
            catch (IOException)
            {
                _isFull = true; // the disk; what is not kept is decoded in each pass
            }
        }
    }

    private static bool IsOpaque(MLImage image)
    {
        var pixels = image.Pixels;
        for (var alpha = MLImageChannels - 1; alpha < pixels.Length; alpha += MLImageChannels)
            if (pixels[alpha] != byte.MaxValue)
                return false;
        return true;
    }

    private sealed record Kept(int Index, MLPixelFormat Format, string? Tag);
}
