using System.IO.Hashing;

namespace Microsoft.ML.Conformer.Weights.Checkpoints;

/// <summary>The bytes that one or more tensors view. Safe for concurrent reads.</summary>
internal abstract class TensorStorage(string fileName)
{
    private volatile bool _verified;

    protected string FileName { get; } = fileName;

    /// <summary>In bytes.</summary>
    public abstract long Length { get; }

    /// <summary>Whether the bytes still have to be compared with a check sum before they are used.</summary>
    public bool NeedsVerification => ExpectedCrc is not null && !_verified;

    /// <summary>The CRC-32 of all bytes, or null where the container has none.</summary>
    protected virtual uint? ExpectedCrc => null;

    public abstract void Read(long offset, Span<byte> destination, string tensor);

    /// <summary>Compares the check sum of all bytes with the expected one; afterwards nothing needs verification.</summary>
    public void Accept(uint crc, string tensor)
    {
        if (crc != ExpectedCrc)
            throw new CheckpointFormatException(
                FileName, $"the data's CRC-32 is {crc:x8}, the archive says {ExpectedCrc:x8}; the file is damaged, get it anew.", tensor);
        _verified = true;
    }

    /// <summary>Reads everything once for its check sum, if that was not done yet.</summary>
    public void Verify(string tensor)
    {
        if (!NeedsVerification)
            return;
        var chunk = new byte[Math.Min(Length, CheckpointLimits.ChunkBytes)];
        var crc = new Crc32();
        for (var offset = 0L; offset < Length;)
        {
            var part = chunk.AsSpan(0, (int)Math.Min(chunk.Length, Length - offset));
            Read(offset, part, tensor);
            crc.Append(part);
            offset += part.Length;
        }
        Accept(crc.GetCurrentHashAsUInt32(), tensor);
    }
}

internal sealed class StoredStorage(ByteSource source, long start, long length, uint? crc) : TensorStorage(source.Name)
{
    public override long Length => length;

    protected override uint? ExpectedCrc => crc;

    public override void Read(long offset, Span<byte> destination, string tensor) => source.Read(start + offset, destination, tensor);
}
