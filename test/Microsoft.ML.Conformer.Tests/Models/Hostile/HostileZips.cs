using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Microsoft.ML.Conformer.Tests.Models.Hostile;

/// <summary>Zips around a sound network, damaged or lying in their directory.</summary>
internal static class HostileZips
{
    private const string Entry = "TransformerChain/Transform_000/OnnxModel";
    private const uint LocalSignature = 0x04034b50, DirectorySignature = 0x02014b50, EndSignature = 0x06054b50;

    /// <summary>Places in an entry of the directory, in bytes.</summary>
    private const int Flags = 8, Method = 10, Crc = 16, CompressedLength = 20, Length = 24, HeaderOffset = 42, DirectoryLength = 46;

    private static byte[] Onnx => SoundModels.Of(SoundModels.Normalized);

    public static IEnumerable<HostileModel> All() =>
    [
        Zip("as-written", null, () => SoundModels.Of(SoundModels.Zip)),
        Zip("stored", null, () => Pack(CompressionLevel.NoCompression, (Entry, Prefixed(Onnx)))),
        Zip("climbing", null, () => Pack((@"..\..\/etc/OnnxModel", Prefixed(Onnx)))),
        Zip("comment", null, () => WithComment(Sound())),
        Zip("crc", "CRC-32", () => Patched(Sound(), Crc, 0x12345678)),
        Zip("crc-stored", "CRC-32", () => Patched(Pack(CompressionLevel.NoCompression, (Entry, Prefixed(Onnx))), Crc, 0x12345678)),
        Zip("length-less", "expands to more", () => Patched(Sound(), Length, 1000)),
        Zip("length-more", "ends after", () => Patched(Sound(), Length, (uint)Onnx.Length + 5)),
        Zip("length-2gb", "claims", () => Patched(Sound(), Length, int.MaxValue)),
        Zip("length-zero", "has 0 bytes", () => Patched(Sound(), Length, 0)),
        Zip("compressed-more", "", () => Patched(Sound(), CompressedLength, uint.MaxValue - 1)),
        Zip("bomb", "claim to expand", () => Pack((Entry, new byte[100_000_000]))),
        Zip("bomb-declared-small", "expands to more", () => Patched(Pack((Entry, new byte[100_000_000])), Length, 100_000)),
        Zip("bombs-beside", "claim to expand", () => Pack(
            [(Entry, Prefixed(Onnx)), .. Enumerable.Range(0, 20).Select(i => ($"b{i}", new byte[5_000_000]))])),
        Zip("encrypted", "is encrypted", () => Patched(Sound(), Flags, 1, 2)),
        Zip("method", "compression method 99", () => Patched(Sound(), Method, 99, 2)),
        Zip("stored-said", "is stored, yet", () => Patched(Sound(), Method, 0, 2)),
        Zip("zip64-length", "", () => Zip64(Length, 1L << 60)),
        Zip("zip64-negative", "", () => Zip64(Length, -1)),
        Zip("zip64-compressed", "leaves the file", () => Zip64(CompressedLength, 1L << 60)),
        Zip("zip64-offset", "leaves the file", () => Zip64(HeaderOffset, long.MaxValue)),
        Zip("zip64-missing", "leaves the file", () => Zip64(HeaderOffset, null)),
        Zip("offset", "no local header", () => Patched(Sound(), HeaderOffset, 1)),
        Zip("overlapping", "overlaps", () =>
        {
            var zip = Pack((Entry, Prefixed(Onnx)), ("a", [1, 2, 3]));
            BinaryPrimitives.WriteUInt32LittleEndian(zip.AsSpan(Find(zip, DirectorySignature, 1) + HeaderOffset), 10);
            return zip;
        }),
        Zip("same-entry-twice", "two entries", () => Pack((Entry, Prefixed(Onnx)), (Entry, Prefixed(Onnx)))),
        Zip("two-models", "2 image classifiers", () => Pack(("a/OnnxModel", Prefixed(Onnx)), ("\u001b[31m/OnnxModel", Prefixed(Onnx)))),
        Zip("name-escape", "In its entry", () => Pack(("\u001b[31m" + new string('x', 60_000) + "/OnnxModel", Prefixed([8, 8])))),
        Zip("local-name", "another name", () =>
        {
            var zip = Sound();
            zip[Find(zip, LocalSignature, 0) + 30]++;
            return zip;
        }),
        Zip("count-more", "directory is damaged", () => Count(Sound(), 2)),
        Zip("count-none", "0 entries", () => Count(Sound(), 0)),
        Zip("entries-100000", null, () => Pack(
            [(Entry, Prefixed(Onnx)), .. Enumerable.Range(0, 100_000).Select(i => ($"{i}", Array.Empty<byte>()))])),
        Zip("announced-short", "announces", () => Pack((Entry, Prefixed(Onnx, Onnx.Length - 1)))),
        Zip("announced-negative", "announces", () => Pack((Entry, Prefixed(Onnx, -1)))),
        Zip("announced-2gb", "announces", () => Pack((Entry, Prefixed(Onnx, int.MaxValue)))),
        Zip("nothing-announced", "announces", () => Pack((Entry, []))),
        Zip("zip-in-zip", "", () => Pack((Entry, Prefixed(Sound())))),
        Zip("no-model", "OnnxModel", () => Pack(("other", Prefixed(Onnx)))),
        Zip("empty", "", () => Pack()),
        Zip("start-alone", "", () => "PK"u8.ToArray()),
        Zip("weights-not-finite", "a network with such weights", () =>
            Pack((Entry, Prefixed(HostileGraphs.NotFiniteWeight())))),
    ];

    public static byte[] Pack(params IEnumerable<(string Entry, byte[] Content)> entries) => Pack(CompressionLevel.Fastest, entries);

    /// <summary>A model as OnnxTransformer writes it, its length before it.</summary>
    public static byte[] Prefixed(byte[] onnx, int? announced = null)
    {
        var bytes = new byte[sizeof(int) + onnx.Length];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, announced ?? onnx.Length);
        onnx.CopyTo(bytes, sizeof(int));
        return bytes;
    }

    private static byte[] Pack(CompressionLevel level, params IEnumerable<(string Entry, byte[] Content)> entries)
    {
        using var memory = new MemoryStream();
        using (var zip = new ZipArchive(memory, ZipArchiveMode.Create, leaveOpen: true, Encoding.UTF8))
            foreach (var (name, content) in entries)
            {
                using var target = zip.CreateEntry(name, level).Open();
                target.Write(content);
            }
        return memory.ToArray();
    }

    private static HostileModel Zip(string name, string? says, Func<byte[]> content) => new($"{name}.zip", says, content);

    private static byte[] Sound() => Pack((Entry, Prefixed(Onnx)));

    private static byte[] Patched(byte[] zip, int place, uint value, int size = sizeof(uint))
    {
        var bytes = zip.AsSpan(Find(zip, DirectorySignature, 0) + place, size);
        for (var i = 0; i < size; i++)
            bytes[i] = (byte)(value >> (8 * i));
        return zip;
    }

    private static byte[] Count(byte[] zip, byte count)
    {
        var end = Find(zip, EndSignature, 0);
        (zip[end + 8], zip[end + 10]) = (count, count);
        return zip;
    }

    private static byte[] WithComment(byte[] zip)
    {
        zip[Find(zip, EndSignature, 0) + 20] = 4;
        return [.. zip, .. "text"u8];
    }

    /// <summary>Puts a field of the directory into a Zip64 extra field, or leaves that out.</summary>
    private static byte[] Zip64(int place, long? value)
    {
        var zip = Patched(Sound(), place, uint.MaxValue);
        if (value is null)
            return zip;
        var extra = new byte[12];
        (extra[0], extra[2]) = (1, 8);
        BinaryPrimitives.WriteInt64LittleEndian(extra.AsSpan(4), value.Value);
        var entry = Find(zip, DirectorySignature, 0);
        zip[entry + 30] = (byte)extra.Length;
        var (at, end) = (entry + DirectoryLength + Entry.Length, Find(zip, EndSignature, 0));
        BinaryPrimitives.WriteInt32LittleEndian(zip.AsSpan(end + 12), end - entry + extra.Length);
        return [.. zip[..at], .. extra, .. zip[at..]];
    }

    private static int Find(byte[] zip, uint signature, int index)
    {
        var bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, signature);
        var at = zip.AsSpan().IndexOf(bytes);
        for (; index > 0; index--)
            at += sizeof(uint) + zip.AsSpan(at + sizeof(uint)).IndexOf(bytes);
        return at;
    }
}
