using System.IO.Hashing;

namespace Microsoft.ML.Conformer.Files;

/// <summary>Passes on what is written, and knows its XXH128.</summary>
internal sealed class ChecksumStream(Stream destination) : WriteOnlyStream
{
    private readonly XxHash128 _hash = new();

    /// <summary>The checksum of what was written so far, in lower-case hexadecimal digits.</summary>
    public string Checksum => Convert.ToHexStringLower(_hash.GetCurrentHash());

    public override long Length => destination.Length;

    public override long Position { get => destination.Position; set => throw new NotSupportedException(); }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _hash.Append(buffer);
        destination.Write(buffer);
    }

    public override void Flush() => destination.Flush();
}
