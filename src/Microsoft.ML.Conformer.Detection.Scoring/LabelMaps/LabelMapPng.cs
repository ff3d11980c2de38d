using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;

namespace Microsoft.ML.Conformer.Detection.LabelMaps;

/// <summary>
/// Label maps as PNGs with a palette, whose indices are the classes (PNG specification, section 11). The colors are those of Pascal VOC,
/// whose neighbors differ much: black for 0, dark red for 1, dark green for 2.
/// </summary>
internal static class LabelMapPng
{
    private const int Colors = 256, Channels = 3, Bits = 8;

    /// <summary>The color of each class: red, green and blue, [256, 3].</summary>
    public static byte[] Palette { get; } = MakePalette();

    public static byte[] Encode(LabelMap map)
    {
        using var file = new MemoryStream();
        file.Write([0x89, .. "PNG\r\n\u001a\n"u8]);
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, map.Width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], map.Height);
        (header[8], header[9]) = (Bits, (byte)PngColorType.Palette);
        header[10..].Clear();
        Write(file, "IHDR"u8, header);
        Write(file, "PLTE"u8, Palette);
        Write(file, "IDAT"u8, Compressed(map));
        Write(file, "IEND"u8, []);
        return file.ToArray();
    }

    private static ReadOnlySpan<byte> Compressed(LabelMap map)
    {
        using var compressed = new MemoryStream();
        using (var stream = new ZLibStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
            for (var y = 0; y < map.Height; y++)
            {
                stream.WriteByte(0); // no filter: indices of neighbors do not follow from one another
                stream.Write(map.Values, y * map.Width, map.Width);
            }
        return compressed.ToArray();
    }

    private static void Write(MemoryStream file, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        file.Write(type);
        file.Write(data);
        var crc = new Crc32();
        crc.Append(type);
        crc.Append(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, crc.GetCurrentHashAsUInt32());
        file.Write(number);
    }

    /// <summary>Of an index's bits every third one makes red, green or blue, the lowest ones the brightest.</summary>
    private static byte[] MakePalette()
    {
        var palette = new byte[Colors * Channels];
        for (var i = 0; i < palette.Length; i++)
            for (var (bit, rest) = (Bits - 1, i / Channels); rest > 0; bit--, rest >>= Channels)
                palette[i] |= (byte)((rest >> i % Channels & 1) << bit);
        return palette;
    }
}
