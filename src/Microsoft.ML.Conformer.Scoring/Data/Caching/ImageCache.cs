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
                _entries.Add(new Entry(image, default));
            }
            else
                _entries.Add(new Entry(null, StoredImage.In(_spill ??= SpillFile.Own(tempFolder), image)));
            return _entries.Count - 1;
        }
    }

    /// <summary>Adds an image that is in a file already, which the caller disposes after this.</summary>
    public void Add(StoredImage image)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _entries.Add(new Entry(null, image));
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

        var stored = entry.Stored;
        var length = stored.Width * stored.Height * RgbImage.Channels;
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        stored.File.Read(stored.Offset, buffer.AsSpan(0, length));
        return new ImageLease(new RgbImage(stored.Width, stored.Height, buffer), buffer);
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

    private readonly record struct Entry(RgbImage? Image, StoredImage Stored);
}

/// <summary>Where an image's pixels are in a file.</summary>
internal readonly record struct StoredImage(SpillFile File, long Offset, int Width, int Height)
{
    /// <summary>Writes an image to the end of a file.</summary>
    public static StoredImage In(SpillFile file, RgbImage image) =>
        new(file, file.Append(image.Pixels.AsSpan(0, image.ByteCount)), image.Width, image.Height);
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
