using System.IO.Hashing;

namespace Microsoft.ML.Conformer.Onnx.Format;

/// <summary>Passes on what is written and hashes it.</summary>
internal sealed class ChecksumStream(Stream destination) : Stream
{
    public XxHash128 Hash { get; } = new();

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException("The stream is written only.");

    public override long Position
    {
        get => throw new NotSupportedException("The stream is written only.");
        set => throw new NotSupportedException("The stream is written only.");
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        Hash.Append(buffer);
        destination.Write(buffer);
    }

    public override void Flush() => destination.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("The stream is written only.");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("The stream is written only.");

    public override void SetLength(long value) => throw new NotSupportedException("The stream is written only.");
}
