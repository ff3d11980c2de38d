using System.Buffers.Binary;

namespace WebScoring.Images;

/// <summary>
/// Reads how large an image is before anything is decoded, since a file of a few kilobytes may ask for gigabytes of pixels and ML.NET's
/// MLImage can only decode. Each decoder allocates what these header fields say.
/// </summary>
internal static class ImageHeader
{
    /// <summary>Scans of a JPEG file; each goes over all pixels, cameras and editors write at most about ten.</summary>
    private const int MaxScans = 30;

    /// <summary>Width and height in pixels, or null where the bytes are no JPEG, PNG or WebP image that can be decoded.</summary>
    public static (uint Width, uint Height)? ReadSize(ReadOnlySpan<byte> file)
    {
        var size = file switch
        {
            [0xFF, 0xD8, ..] => Jpeg(file),
            [0x89, (byte)'P', (byte)'N', (byte)'G', (byte)'\r', (byte)'\n', 0x1A, (byte)'\n', ..] => Png(file),
            _ when file.Length >= 30 && file.StartsWith("RIFF"u8) && file[8..].StartsWith("WEBP"u8) => WebP(file),
            _ => null,
        };
        return size is { Width: > 0, Height: > 0 } ? size : null;
    }

    /// <summary>PNG, 11.2.1: IHDR is the first chunk.</summary>
    private static (uint Width, uint Height)? Png(ReadOnlySpan<byte> file) =>
        file.Length >= 24 && file[12..].StartsWith("IHDR"u8)
            ? (BinaryPrimitives.ReadUInt32BigEndian(file[16..]), BinaryPrimitives.ReadUInt32BigEndian(file[20..]))
            : null;

    /// <summary>
    /// ITU T.81, B.2.2: the first frame header (SOF); decoders refuse a second one. What follows the image's end, such as a motion photo's
    /// video, is not looked at.
    /// </summary>
    private static (uint Width, uint Height)? Jpeg(ReadOnlySpan<byte> file)
    {
        (uint Width, uint Height)? size = null;
        var scans = 0;
        for (var rest = file[2..]; ;)
        {
            // As libjpeg does: anything before a marker, such as a scan's data, and fill bytes in it, are passed over.
            var start = rest.IndexOf((byte)0xFF);
            if (start < 0)
                return size;
            rest = rest[start..].TrimStart((byte)0xFF);
            if (rest.Length < 8)
                return size;
            var marker = rest[0];
            rest = rest[1..];
            // These stand alone, or are reserved: libjpeg refuses the latter, or where it seeks a restart passes over the marker only.
            if (marker is < 0xC0 or (>= 0xD0 and <= 0xD7))
                continue;
            if (marker is 0xD8 or 0xD9)
                return size;
            if (marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC))
                size ??= (BinaryPrimitives.ReadUInt16BigEndian(rest[5..]), BinaryPrimitives.ReadUInt16BigEndian(rest[3..]));
            var length = BinaryPrimitives.ReadUInt16BigEndian(rest);
            if (length < 2 || (marker == 0xDA && (size is null || ++scans > MaxScans)))
                return null;
            if (length > rest.Length)
                return size;
            rest = rest[length..];
        }
    }

    /// <summary>RFC 9649: the canvas of the extended format, or the only frame's size.</summary>
    private static (uint Width, uint Height)? WebP(ReadOnlySpan<byte> file)
    {
        static uint UInt24(ReadOnlySpan<byte> bytes) => bytes[0] | (uint)bytes[1] << 8 | (uint)bytes[2] << 16;

        const uint SideMask = 0x3FFF;
        var chunk = file[12..16];
        if (chunk.SequenceEqual("VP8X"u8))
            return (UInt24(file[24..]) + 1, UInt24(file[27..]) + 1);
        if (chunk.SequenceEqual("VP8 "u8) && file[23..].StartsWith((ReadOnlySpan<byte>)[0x9D, 0x01, 0x2A]))
        {
            var (width, height) = (BinaryPrimitives.ReadUInt16LittleEndian(file[26..]), BinaryPrimitives.ReadUInt16LittleEndian(file[28..]));
            return (width & SideMask, height & SideMask);
        }
        if (chunk.SequenceEqual("VP8L"u8) && file[20] == 0x2F)
        {
            var bits = BinaryPrimitives.ReadUInt32LittleEndian(file[21..]);
            return ((bits & SideMask) + 1, (bits >> 14 & SideMask) + 1);
        }
        return null;
    }
}
