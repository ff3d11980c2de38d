using System.Buffers;

namespace Microsoft.ML.Conformer.Data.Caching;

/// <summary>
/// Keeps decoded images: in memory up to a limit, the others in a temporary file that goes with the cache, also when the process is killed.
/// Thread-safe.
/// </summary>
internal sealed class ImageCache(long maxMemoryBytes, string tempFolder) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<Entry> _entries = [];
    private long _memoryBytes;
    private SpillFile? _spill;
    private bool _disposed;

    public int Count => _entries.Count;

    public bool IsSpilled => _spill is not null;

    /// <summary>
    /// Adds an image, which the cache may keep: its pixels must not be changed afterwards. Returns its number, to rent it by.
    /// </summary>
    public int Add(RgbImage image)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_memoryBytes + image.ByteCount <= maxMemoryBytes)
            {
                _memoryBytes += image.ByteCount;
                _entries.Add(new Entry(image, image.Width, image.Height, 0));
            }
            else
            {
                _spill ??= new SpillFile(tempFolder);
                var offset = _spill.Append(image.Pixels.AsSpan(0, image.ByteCount));
                _entries.Add(new Entry(null, image.Width, image.Height, offset));
            }
            return _entries.Count - 1;
        }
    }

    /// <summary>The image that was added as number <paramref name="index"/>, from 0.</summary>
    public ImageLease Rent(int index)
    {
        Entry entry;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            entry = _entries[index];
        }
        if (entry.Image is not null)
            return new ImageLease(entry.Image, null);

        var length = entry.Width * entry.Height * RgbImage.Channels;
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        _spill!.Read(entry.Offset, buffer.AsSpan(0, length));
        return new ImageLease(new RgbImage(entry.Width, entry.Height, buffer), buffer);
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _entries.Clear();
            _spill?.Dispose();
        }
    }

    /// <summary>An image in memory, or its size and place in the temporary file.</summary>
    private readonly record struct Entry(RgbImage? Image, int Width, int Height, long Offset);
}
