using System.Buffers.Binary;

namespace Microsoft.ML.Conformer.Data.Decoding;

/// <summary>Walks a PNG's chunks, as far as they are whole.</summary>
internal ref struct PngChunks(ReadOnlySpan<byte> file)
{
    private const int SignatureBytes = 8, HeaderBytes = 8, CrcBytes = 4;

    private ReadOnlySpan<byte> _rest = file[Math.Min(SignatureBytes, file.Length)..];

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
