using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using SkiaSharp;

namespace Microsoft.ML.Conformer.Data.Decoding;

/// <summary>
/// Reads the EXIF orientation of a PNG, which Skia does not: of the chunk eXIf (PNG 1.5 extensions), or of the text that ImageMagick
/// writes, "Raw profile type exif".
/// </summary>
internal static class PngMetadata
{
    private const int MaxTextBytes = 1 << 18, MaxCompressed = 16;

    public static SKEncodedOrigin Orientation(ReadOnlySpan<byte> file)
    {
        var compressed = 0;
        foreach (var chunk in new PngChunks(file))
        {
            var exif = chunk.Type.SequenceEqual("eXIf"u8) ? chunk.Data
                : chunk.Type.SequenceEqual("tEXt"u8) ? RawProfile(chunk.Data, isCompressed: false)
                : chunk.Type.SequenceEqual("zTXt"u8) ? RawProfile(chunk.Data, isCompressed: true) : [];
            if (exif.Length > 0)
                return OfExif(exif) ?? SKEncodedOrigin.TopLeft;
            // Others may be made to take long.
            if (chunk.Type.SequenceEqual("zTXt"u8) && ++compressed == MaxCompressed)
                break;
        }
        return SKEncodedOrigin.TopLeft;
    }

    /// <summary>The bytes of a text whose keyword is "Raw profile type exif": a name, a length and hexadecimal digits in lines.</summary>
    private static ReadOnlySpan<byte> RawProfile(ReadOnlySpan<byte> text, bool isCompressed)
    {
        var keyword = "Raw profile type exif\0"u8;
        if (!text.StartsWith(keyword))
            return [];
        try
        {
            text = isCompressed ? Inflate(text[(keyword.Length + 1)..]) : text[keyword.Length..]; // a byte names the method
            var words = Encoding.Latin1.GetString(text).Split((char[]?)null, 3, StringSplitOptions.RemoveEmptyEntries);
            return words is [_, var length, var digits] && int.TryParse(length, CultureInfo.InvariantCulture, out _)
                ? Convert.FromHexString(string.Concat(digits.Where(char.IsAsciiHexDigit))) : [];
        }
        catch (Exception e) when (e is InvalidDataException or FormatException or ArgumentException)
        {
            return []; // its pixels may well be fine
        }
    }

    private static byte[] Inflate(ReadOnlySpan<byte> compressed)
    {
        using var stream = new ZLibStream(new MemoryStream(compressed.ToArray()), CompressionMode.Decompress);
        var buffer = new byte[MaxTextBytes];
        return buffer[..stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false)];
    }

    /// <summary>
    /// The orientation in EXIF data, which is a TIFF file's, after "Exif" and two zeros or without; null where it has none.
    /// </summary>
    private static SKEncodedOrigin? OfExif(ReadOnlySpan<byte> exif)
    {
        if (exif.StartsWith("Exif\0\0"u8))
            exif = exif[6..];
        const int headerBytes = 8, entryBytes = 12;
        if (exif.Length < headerBytes || !(exif.StartsWith("II"u8) || exif.StartsWith("MM"u8)))
            return null;
        var isLittle = exif[0] == 'I';
        var directory = Number(exif[4..8]);
        if (directory > exif.Length - 2)
            return null;
        var entries = exif[(int)directory..];
        var count = Number(entries[..2]);
        for (entries = entries[2..]; count > 0 && entries.Length >= entryBytes; count--, entries = entries[entryBytes..])
            if (Number(entries[..2]) == ImageOrientation.Tag)
                return Number(entries[8..10]) is >= 1 and <= 8 and var value ? (SKEncodedOrigin)value : null;
        return null;

        uint Number(ReadOnlySpan<byte> bytes)
        {
            var number = 0u;
            for (var i = 0; i < bytes.Length; i++)
                number = number << 8 | bytes[isLittle ? bytes.Length - 1 - i : i];
            return number;
        }
    }
}
