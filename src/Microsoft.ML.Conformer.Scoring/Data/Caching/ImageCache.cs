using System.Buffers;

namespace Microsoft.ML.Conformer.Data.Caching;

/// <summary>Keeps decoded images: in memory up to a limit, the others in a temporary file that goes with the cache. Thread-safe.</summary>
internal sealed class ImageCache(long maxMemoryBytes, string tempFolder) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<Entry> _entries = [];
    private long _memoryBytes;
    private SpillFile? _spill;
    private bool _disposed;

    public bool IsSpilled => _spill is not null;

    /// <summary>Adds an image, whose pixels must not be changed afterwards, and returns its number, to rent it by.</summary>
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
                _entries.Add(new Entry(null, image.Width, image.Height, _spill.Append(image.Pixels.AsSpan(0, image.ByteCount))));
            }
            return _entries.Count - 1;
        }
    }

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

    private readonly record struct Entry(RgbImage? Image, int Width, int Height, long Offset);
}

/// <summary>A cached image in use, valid until it is disposed: that gives back the buffer that it was read into, if any.</summary>
internal readonly record struct ImageLease(RgbImage Image, byte[]? Rented) : IDisposable
{
    public void Dispose()
    {
        if (Rented is not null)
            ArrayPool<byte>.Shared.Return(Rented);
    }
}
