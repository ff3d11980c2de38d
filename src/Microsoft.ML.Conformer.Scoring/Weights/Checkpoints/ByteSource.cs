using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Microsoft.ML.Conformer.Weights.Checkpoints;

/// <summary>
/// The bytes of a weight file, read where they are needed. Reading instead of mapping keeps the file's pages out of this process's
/// memory, and a file that is cut short meanwhile is an error instead of a signal. Safe for concurrent reads.
/// </summary>
internal abstract class ByteSource(string name) : IDisposable
{
    public string Name { get; } = name;

    public abstract long Length { get; }

    /// <summary>The array that holds all bytes and nothing else, where there is one.</summary>
    public virtual byte[]? Whole => null;

    public static ByteSource OpenFile(string path) => new FileBytes(path);

    public static ByteSource FromMemory(string name, ReadOnlyMemory<byte> bytes) => new MemoryBytes(name, bytes);

    /// <summary>Fills <paramref name="destination"/> from <paramref name="offset"/> on.</summary>
    public void Read(long offset, Span<byte> destination, string? tensor = null)
    {
        if (offset < 0 || offset > Length - destination.Length)
            throw new CheckpointFormatException(Name,
                $"the file ends at byte {Length}, but {destination.Length} bytes were expected at {offset}; it is cut short.", tensor);
        while (destination.Length > 0)
        {
            var count = ReadSome(offset, destination);
            if (count <= 0)
                throw new CheckpointFormatException(Name, $"the file now ends at byte {offset}; it shrank while it was read.", tensor);
            destination = destination[count..];
            offset += count;
        }
    }

    /// <summary>Passes a stretch of the bytes on, in parts whose lengths are even but for the last.</summary>
    public void ReadInParts(long offset, long length, Action<ReadOnlySpan<byte>> pass)
    {
        var chunk = ArrayPool<byte>.Shared.Rent((int)Math.Min(CheckpointLimits.ChunkBytes, length));
        for (var done = 0L; done < length; done += chunk.Length)
        {
            var part = chunk.AsSpan(0, (int)Math.Min(chunk.Length, length - done));
            Read(offset + done, part);
            pass(part);
        }
        ArrayPool<byte>.Shared.Return(chunk);
    }

    public virtual void Dispose()
    {
    }

    protected abstract int ReadSome(long offset, Span<byte> destination);

    private sealed class FileBytes : ByteSource
    {
        private readonly SafeFileHandle _handle;

        public FileBytes(string path) : base(path)
        {
            if (PlainFile.OtherKind(path) is { } kind)
                throw new CheckpointFormatException(path, $"it is {kind}; weights are read from a file only.");
            _handle = File.OpenHandle(path);
            Length = RandomAccess.GetLength(_handle);
        }

        public override long Length { get; }

        public override void Dispose() => _handle.Dispose();

        protected override int ReadSome(long offset, Span<byte> destination) => RandomAccess.Read(_handle, destination, offset);
    }

    private sealed class MemoryBytes(string name, ReadOnlyMemory<byte> bytes) : ByteSource(name)
    {
        public override long Length => bytes.Length;

        public override byte[]? Whole =>
            MemoryMarshal.TryGetArray(bytes, out var part) && part.Count == part.Array!.Length ? part.Array : null;

        protected override int ReadSome(long offset, Span<byte> destination)
        {
            bytes.Span.Slice((int)offset, destination.Length).CopyTo(destination);
            return destination.Length;
        }
    }
}
