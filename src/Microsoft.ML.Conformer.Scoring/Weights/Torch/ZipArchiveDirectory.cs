using System.IO.Hashing;
using System.Text;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Microsoft.ML.Conformer.Weights.Torch;

/// <summary>An entry of a zip archive, as the central directory describes it.</summary>
internal sealed record ZipEntry(string Name, bool IsDeflated, uint Crc, long CompressedLength, long Length, long HeaderOffset)
{
    private const uint LocalSignature = 0x04034b50;
    private const int LocalLength = 30;

    /// <summary>Whether the bytes, given in two parts, have the check sum that was declared.</summary>
    public bool HasCrc(ReadOnlySpan<byte> first, ReadOnlySpan<byte> others)
    {
        var crc = new Crc32();
        crc.Append(first);
        crc.Append(others);
        return crc.GetCurrentHashAsUInt32() == Crc;
    }

    /// <summary>Where the entry's bytes start: behind its local header, whose name must be the same.</summary>
    public long DataOffset(ByteSource source)
    {
        CheckpointFormatException Fault(string reason) => new(source.Name, $"the zip entry '{VisibleText.Of(Name)}' {reason}.");

        Span<byte> header = stackalloc byte[LocalLength];
        source.Read(HeaderOffset, header);
        if (ReadUInt32LittleEndian(header) != LocalSignature)
            throw Fault("has no local header; the file is damaged");
        var (nameLength, extraLength) = (ReadUInt16LittleEndian(header[26..]), ReadUInt16LittleEndian(header[28..]));
        var name = new byte[nameLength];
        source.Read(HeaderOffset + LocalLength, name);
        if (!name.AsSpan().SequenceEqual(Encoding.UTF8.GetBytes(Name)))
            throw Fault("has another name in its local header; the file is damaged");
        var offset = HeaderOffset + LocalLength + nameLength + extraLength;
        return offset <= source.Length - CompressedLength ? offset : throw Fault("leaves the file; it is cut short");
    }
}

/// <summary>
/// A zip archive's central directory (PKWARE APPNOTE 6.3, with Zip64). Entries are stored or deflated, have distinct names and do not
/// overlap; nothing is ever written to a disk, so a name is only a name.
/// </summary>
internal sealed class ZipArchiveDirectory
{
    private const uint EndSignature = 0x06054b50, End64Signature = 0x06064b50, Locator64Signature = 0x07064b50, EntrySignature = 0x02014b50;
    private const int EndLength = 22, End64Length = 56, Locator64Length = 20, EntryLength = 46, MaxCommentLength = ushort.MaxValue;
    private const ushort Zip64ExtraId = 1, EncryptedFlag = 1, Stored = 0, Deflated = 8;

    private static readonly UTF8Encoding _utf8 = new(false, throwOnInvalidBytes: true);

    private readonly ByteSource _source;
    private readonly Dictionary<string, ZipEntry> _entries = new(StringComparer.Ordinal);

    public ZipArchiveDirectory(ByteSource source)
    {
        _source = source;
        ReadEntries();
        CheckExpansion();
    }

    public IReadOnlyDictionary<string, ZipEntry> Entries => _entries;

    /// <summary>The entries of a name, in whatever folder, of which ML.NET writes one for each transformer.</summary>
    public IEnumerable<ZipEntry> EntriesNamed(string name) =>
        // Folders are separated as on the machine that wrote.
        _entries.Values.Where(entry => entry.Name.Split('/', '\\')[^1] == name);

    /// <summary>An entry's bytes, their length and check sum found right.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="prefix">Gets the first bytes, which are not returned; the entry has no fewer.</param>
    public byte[] Read(ZipEntry entry, Span<byte> prefix = default)
    {
        if (entry.IsDeflated)
            return DeflatedStorage.Inflate(_source, entry, entry.Name, prefix);
        if (entry.Length > Array.MaxLength)
            throw Fault($"entry '{VisibleText.Of(entry.Name)}' has {entry.Length} bytes, which is too much");
        var bytes = new byte[entry.Length - prefix.Length];
        var offset = entry.DataOffset(_source);
        _source.Read(offset, prefix);
        _source.Read(offset + prefix.Length, bytes);
        return entry.HasCrc(prefix, bytes)
            ? bytes
            : throw Fault($"the CRC-32 of its entry '{VisibleText.Of(entry.Name)}' is wrong; the file is damaged, get it anew");
    }

    private void ReadEntries()
    {
        var (start, length, count) = FindDirectory();
        if (count > CheckpointLimits.MaxZipEntries || length > CheckpointLimits.MaxZipDirectoryBytes)
            throw Fault($"it has {count} entries in a directory of {length} bytes; at most {CheckpointLimits.MaxZipEntries} and "
                + $"{CheckpointLimits.MaxZipDirectoryBytes} are read");
        if (start < 0 || length < 0 || length > _source.Length || start > _source.Length - length)
            throw Fault("its central directory leaves the file");
        var bytes = new byte[length];
        _source.Read(start, bytes);

        ReadOnlySpan<byte> rest = bytes;
        for (var i = 0L; i < count; i++)
        {
            var entry = ReadEntry(ref rest);
            if (entry.HeaderOffset < 0 || entry.Length < 0 || entry.CompressedLength < 0
                || entry.HeaderOffset > start - entry.CompressedLength)
                throw Fault($"entry '{VisibleText.Of(entry.Name)}' leaves the file");
            if (!_entries.TryAdd(entry.Name, entry))
                throw Fault($"it has two entries '{VisibleText.Of(entry.Name)}'");
        }
    }

    private (long Start, long Length, long Count) FindDirectory()
    {
        var tail = new byte[Math.Min(_source.Length, EndLength + MaxCommentLength)];
        _source.Read(_source.Length - tail.Length, tail);
        for (var i = tail.Length - EndLength; i >= 0; i--)
        {
            var end = tail.AsSpan(i);
            if (ReadUInt32LittleEndian(end) != EndSignature
                || ReadUInt16LittleEndian(end[20..]) != end.Length - EndLength)
                continue;
            long count = ReadUInt16LittleEndian(end[10..]);
            long length = ReadUInt32LittleEndian(end[12..]);
            long start = ReadUInt32LittleEndian(end[16..]);
            return count == ushort.MaxValue || length == uint.MaxValue || start == uint.MaxValue
                ? FindDirectory64(_source.Length - tail.Length + i) ?? (start, length, count)
                : (start, length, count);
        }
        throw Fault("it has no central directory; the file is cut short");
    }

    private (long Start, long Length, long Count)? FindDirectory64(long endOffset)
    {
        if (endOffset < Locator64Length)
            return null;
        Span<byte> locator = stackalloc byte[Locator64Length];
        _source.Read(endOffset - Locator64Length, locator);
        if (ReadUInt32LittleEndian(locator) != Locator64Signature)
            return null;
        Span<byte> end = stackalloc byte[End64Length];
        _source.Read(ReadInt64LittleEndian(locator[8..]), end);
        if (ReadUInt32LittleEndian(end) != End64Signature)
            throw Fault("its Zip64 directory is not where it should be");
        return (ReadInt64LittleEndian(end[48..]), ReadInt64LittleEndian(end[40..]), ReadInt64LittleEndian(end[32..]));
    }

    private ZipEntry ReadEntry(ref ReadOnlySpan<byte> rest)
    {
        if (rest.Length < EntryLength || ReadUInt32LittleEndian(rest) != EntrySignature)
            throw Fault("its central directory is damaged");
        var (flags, method) = (ReadUInt16LittleEndian(rest[8..]), ReadUInt16LittleEndian(rest[10..]));
        var crc = ReadUInt32LittleEndian(rest[16..]);
        long compressed = ReadUInt32LittleEndian(rest[20..]);
        long length = ReadUInt32LittleEndian(rest[24..]);
        var (nameLength, extraLength) = (ReadUInt16LittleEndian(rest[28..]), ReadUInt16LittleEndian(rest[30..]));
        var commentLength = ReadUInt16LittleEndian(rest[32..]);
        long headerOffset = ReadUInt32LittleEndian(rest[42..]);
        if (rest.Length < EntryLength + nameLength + extraLength + commentLength)
            throw Fault("its central directory is damaged");
        var name = EntryName(rest.Slice(EntryLength, nameLength));
        ReadZip64(rest.Slice(EntryLength + nameLength, extraLength), ref length, ref compressed, ref headerOffset);
        rest = rest[(EntryLength + nameLength + extraLength + commentLength)..];

        if ((flags & EncryptedFlag) != 0)
            throw Fault($"entry '{VisibleText.Of(name)}' is encrypted");
        if (method is not (Stored or Deflated))
            throw Fault($"entry '{VisibleText.Of(name)}' has compression method {method}; 0 (stored) and 8 (deflated) are read");
        if (method == Stored && compressed != length)
            throw Fault($"entry '{VisibleText.Of(name)}' is stored, yet has {compressed} bytes for {length}");
        if (method == Deflated && length / CheckpointLimits.MaxDeflateRatio > compressed)
            throw Fault($"entry '{VisibleText.Of(name)}' claims that {compressed} bytes expand to {length}");
        return new(name, method == Deflated, crc, compressed, length, headerOffset);
    }

    private string EntryName(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return _utf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw Fault("the name of an entry is not UTF-8");
        }
    }

    /// <summary>Fields that are all ones in the directory stand, in this order, in the Zip64 extra field.</summary>
    private void ReadZip64(ReadOnlySpan<byte> extra, ref long length, ref long compressed, ref long headerOffset)
    {
        if (length != uint.MaxValue && compressed != uint.MaxValue && headerOffset != uint.MaxValue)
            return;
        while (extra.Length >= 4)
        {
            var (id, size) = (ReadUInt16LittleEndian(extra), ReadUInt16LittleEndian(extra[2..]));
            if (size > extra.Length - 4)
                throw Fault("its central directory is damaged");
            if (id == Zip64ExtraId)
            {
                var fields = extra.Slice(4, size);
                length = Next(length, ref fields);
                compressed = Next(compressed, ref fields);
                headerOffset = Next(headerOffset, ref fields);
                return;
            }
            extra = extra[(4 + size)..];
        }
    }

    private long Next(long value, ref ReadOnlySpan<byte> fields)
    {
        if (value != uint.MaxValue)
            return value;
        if (fields.Length < 8)
            throw Fault("its central directory is damaged");
        value = ReadInt64LittleEndian(fields);
        fields = fields[8..];
        return value;
    }

    /// <summary>Entries that share bytes, or that expand without bounds, could make a small file a large one.</summary>
    private void CheckExpansion()
    {
        var expanded = _entries.Values.Where(entry => entry.IsDeflated).Aggregate(Int128.Zero, (sum, entry) => sum + entry.Length);
        if (expanded > CheckpointLimits.MaxInflatedBytes + (Int128)CheckpointLimits.MaxInflatedRatio * _source.Length)
            throw Fault($"its compressed entries claim to expand to {expanded} bytes, from a file of {_source.Length}");
        var end = 0L;
        foreach (var entry in _entries.Values.OrderBy(entry => entry.HeaderOffset))
        {
            if (entry.HeaderOffset < end)
                throw Fault($"entry '{VisibleText.Of(entry.Name)}' overlaps another");
            end = entry.HeaderOffset + entry.CompressedLength;
        }
    }

    private CheckpointFormatException Fault(string reason) => new(_source.Name, $"the zip archive cannot be read: {reason}.");
}
