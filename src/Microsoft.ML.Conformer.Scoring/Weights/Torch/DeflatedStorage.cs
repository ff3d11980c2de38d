using System.IO.Compression;

namespace Microsoft.ML.Conformer.Weights.Torch;

/// <summary>A compressed zip entry; PyTorch only stores. Expanded at first use to its declared length, kept while memory allows.</summary>
internal sealed class DeflatedStorage(ByteSource source, ZipEntry entry) : TensorStorage(source.Name)
{
    private readonly WeakReference<byte[]?> _expanded = new(null);

    public override long Length => entry.Length;

    public override void Read(long offset, Span<byte> destination, string tensor)
    {
        if (!_expanded.TryGetTarget(out var bytes))
            _expanded.SetTarget(bytes = Inflate(source, entry, tensor));
        bytes.AsSpan((int)offset, destination.Length).CopyTo(destination);
    }

    /// <summary>The entry's bytes, their length and check sum found right.</summary>
    /// <inheritdoc cref="ZipArchiveDirectory.Read" path="/param"/>
    public static byte[] Inflate(ByteSource source, ZipEntry entry, string tensor, Span<byte> prefix = default)
    {
        CheckpointFormatException Fault(string reason, Exception? cause = null) =>
            new(source.Name, $"the zip entry '{VisibleText.Of(entry.Name)}' {reason}.", tensor, innerException: cause);

        if (entry.Length > Array.MaxLength)
            throw Fault($"expands to {entry.Length} bytes, which is too much for a compressed entry; save the checkpoint with torch.save");
        var bytes = new byte[entry.Length - prefix.Length];
        try
        {
            using var inflater = new DeflateStream(
                new SourceStream(source, entry.DataOffset(source), entry.CompressedLength, tensor), CompressionMode.Decompress);
            var length = inflater.ReadAtLeast(prefix, prefix.Length, throwOnEndOfStream: false);
            length += inflater.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (length < entry.Length)
                throw Fault($"ends after {length} of {entry.Length} bytes");
            if (inflater.ReadByte() >= 0)
                throw Fault($"expands to more than the {entry.Length} bytes that were declared");
        }
        catch (InvalidDataException exception)
        {
            throw Fault("is damaged", exception);
        }
        return entry.HasCrc(prefix, bytes) ? bytes : throw Fault("has a wrong CRC-32; the file is damaged, get it anew");
    }

    /// <summary>A stretch of the file as a stream that is read once.</summary>
    private sealed class SourceStream(ByteSource source, long start, long length, string tensor) : Stream
    {
        private long _position;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position { get => _position; set => throw new NotSupportedException("The stream is read forward only."); }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            var count = (int)Math.Min(buffer.Length, length - _position);
            source.Read(start + _position, buffer[..count], tensor);
            _position += count;
            return count;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("The stream is read forward only.");

        public override void SetLength(long value) => throw new NotSupportedException("The stream is read only.");

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("The stream is read only.");
    }
}
