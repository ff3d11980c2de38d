using System.IO.Hashing;

namespace Microsoft.ML.Conformer.Training.Checkpoints;

/// <summary>Files that are there as a whole or not at all.</summary>
internal static class AtomicFile
{
    private const string Partial = ".partial";

    /// <summary>Writes a file under another name, flushes it to the disk and moves it. Returns the hash of its bytes.</summary>
    public static string Write(string path, Action<Stream> write)
    {
        var partial = path + Partial;
        try
        {
            string hash;
            using (var file = new FileStream(partial, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 1 << 16))
            {
                using var hashing = new HashingStream(file);
                write(hashing);
                hash = hashing.Hash;
                file.Flush(flushToDisk: true);
            }
            File.Move(partial, path, overwrite: true);
            return hash;
        }
        catch
        {
            File.Delete(partial); // on a full disk above all
            throw;
        }
    }

    /// <exception cref="InvalidDataException">The file has other bytes than those that were written.</exception>
    public static void Verify(string path, string hash)
    {
        using var file = File.OpenRead(path);
        var actual = new XxHash128();
        actual.Append(file);
        if (Convert.ToHexStringLower(actual.GetCurrentHash()) != hash)
            throw new InvalidDataException($"'{path}' is damaged: it has other bytes than those that were written.");
    }

    public static void RemoveLeftovers(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder, "*" + Partial).ToList())
            File.Delete(file);
    }

    private sealed class HashingStream(Stream stream) : Stream
    {
        private readonly XxHash128 _hash = new();

        public string Hash => Convert.ToHexStringLower(_hash.GetCurrentHash());

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => stream.Length;

        public override long Position { get => stream.Position; set => throw new NotSupportedException(); }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            _hash.Append(buffer);
            stream.Write(buffer);
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Flush() => stream.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
