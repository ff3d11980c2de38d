using System.Buffers.Binary;

namespace Microsoft.ML.Conformer.Data.Decoding;

/// <summary>Walks a PNG's chunks, as far as they are whole.</summary>
internal ref struct PngChunks(ReadOnlySpan<byte> file)
{
    private const int SignatureBytes = 8, HeaderBytes = 8, CrcBytes = 4;

    private ReadOnlySpan<byte> _rest = file[Math.Min(SignatureBytes, file.Length)..];

    /// <summary>A PNG without compressed texts; any other file as it is.</summary>
    public static ReadOnlyMemory<byte> WithoutText(ReadOnlyMemory<byte> file)
    {
        if (file.Length < SignatureBytes || !file.Span[1..4].SequenceEqual("PNG"u8))
            return file;
        var (kept, from, at) = (null as MemoryStream, 0, SignatureBytes);
        foreach (var chunk in new PngChunks(file.Span))
        {
            var next = at + HeaderBytes + chunk.Data.Length + CrcBytes;
            if (chunk.Type.SequenceEqual("zTXt"u8) || chunk.Type.SequenceEqual("iTXt"u8))
            {
                kept ??= new MemoryStream(file.Length);
                kept.Write(file.Span[from..at]);
                from = Math.Min(next, file.Length);
            }
            at = next;
        }
        if (kept is null)
            return file;
        kept.Write(file.Span[from..]);
        return kept.ToArray();
    }

    /// <summary>The current chunk's type, four letters.</summary>
    public ReadOnlySpan<byte> Type { get; private set; }

    /// <summary>The current chunk's data.</summary>
    public ReadOnlySpan<byte> Data { get; private set; }

    public readonly PngChunks Current => this;

    public readonly PngChunks GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_rest.Length < HeaderBytes)
            return false;
        var length = BinaryPrimitives.ReadUInt32BigEndian(_rest);
        if (length > _rest.Length - HeaderBytes)
            return false;
        Type = _rest[4..HeaderBytes];
        Data = _rest.Slice(HeaderBytes, (int)length);
        _rest = _rest[Math.Min(_rest.Length, HeaderBytes + (int)length + CrcBytes)..];
        return true;
    }
}
