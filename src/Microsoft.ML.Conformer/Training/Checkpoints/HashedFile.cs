using System.IO.Hashing;

namespace Microsoft.ML.Conformer.Training.Checkpoints;

/// <summary>Files whose bytes are known by their hash.</summary>
internal static class HashedFile
{
    /// <summary>Writes a file, as a whole or not at all. Returns the hash of its bytes.</summary>
    public static string Write(string path, Action<Stream> write)
    {
        var hash = new XxHash128();
        AtomicFile.Write(path, file => write(new HashingStream(file, hash)));
        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }

    /// <exception cref="InvalidDataException">The file has other bytes than those that were written.</exception>
    public static void Verify(string path, string hash)
    {
        if (PlainFile.OtherKind(path) is { } kind)
            throw new InvalidDataException($"'{VisibleText.OfPath(path)}' is {kind}, not a file.");
        using var file = File.OpenRead(path);
        var actual = new XxHash128();
        actual.Append(file);
        if (Convert.ToHexStringLower(actual.GetCurrentHash()) != hash)
            throw new InvalidDataException($"'{VisibleText.OfPath(path)}' is damaged: it has other bytes than those that were written.");
    }

    private sealed class HashingStream(Stream stream, XxHash128 hash) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => stream.Length;

        public override long Position { get => stream.Position; set => throw new NotSupportedException(); }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            hash.Append(buffer);
            stream.Write(buffer);
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Flush() => stream.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
