using System.Buffers.Binary;

namespace Microsoft.ML.Conformer.Tests.Data.Images;

/// <summary>Images as a camera stores them that was held otherwise.</summary>
internal static class OrientedImage
{
    /// <summary>EXIF's words for its values 1-8: where the stored image's first row, and its first column, are seen.</summary>
    private static readonly (string Row, string Column)[] _orientations =
    [
        ("top", "left"), ("top", "right"), ("bottom", "right"), ("bottom", "left"),
        ("left", "top"), ("right", "top"), ("right", "bottom"), ("left", "bottom"),
    ];

    /// <summary>A PNG whose EXIF orientation makes it the upright image.</summary>
    /// <param name="width">The upright image's.</param>
    /// <param name="height">The upright image's.</param>
    /// <param name="rgb">[height, width, 3].</param>
    /// <param name="orientation">1-8.</param>
    public static byte[] Png(int width, int height, byte[] rgb, int orientation)
    {
        var stored = Stored(width, height, rgb, orientation);
        var png = ImageFileBytes.Encode(stored.Width, stored.Height, stored.Pixels, ".png");
        return WithPngChunk(png, "eXIf", Exif(orientation, isLittle: true));
    }

    /// <summary>The pixels as stored for an EXIF orientation, 1-8.</summary>
    public static (int Width, int Height, byte[] Pixels) Stored(int uprightWidth, int uprightHeight, byte[] rgb, int orientation)
    {
        var (row, column) = _orientations[orientation - 1];
        var (width, height) = row is "left" or "right" ? (uprightHeight, uprightWidth) : (uprightWidth, uprightHeight);
        var pixels = new byte[rgb.Length];
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++)
            {
                // A stored row is as far from the side where the first row is seen; a column likewise.
                var (seenX, seenY) = (0, 0);
                foreach (var (side, distance) in new[] { (row, y), (column, x) })
                    (seenX, seenY) = side switch
                    {
                        "top" => (seenX, distance),
                        "bottom" => (seenX, uprightHeight - 1 - distance),
                        "left" => (distance, seenY),
                        _ => (uprightWidth - 1 - distance, seenY),
                    };
                rgb.AsSpan((seenY * uprightWidth + seenX) * 3, 3).CopyTo(pixels.AsSpan((y * width + x) * 3));
            }
        return (width, height, pixels);
    }

    /// <summary>A TIFF header and a directory of one entry.</summary>
    public static byte[] Exif(int orientation, bool isLittle)
    {
        var exif = new byte[26];
        (isLittle ? "II"u8 : "MM"u8).CopyTo(exif);
        Write16(2, 42);
        Write32(4, 8);
        Write16(8, 1);
        Write16(10, 0x0112);
        Write16(12, 3); // short
        Write32(14, 1);
        Write16(18, (ushort)orientation);
        return exif;

        void Write16(int at, ushort value)
        {
            if (isLittle)
                BinaryPrimitives.WriteUInt16LittleEndian(exif.AsSpan(at), value);
            else
                BinaryPrimitives.WriteUInt16BigEndian(exif.AsSpan(at), value);
        }

        void Write32(int at, uint value)
        {
            if (isLittle)
                BinaryPrimitives.WriteUInt32LittleEndian(exif.AsSpan(at), value);
            else
                BinaryPrimitives.WriteUInt32BigEndian(exif.AsSpan(at), value);
        }
    }

    /// <summary>A PNG with one more chunk behind its header.</summary>
    public static byte[] WithPngChunk(byte[] png, string type, byte[] data)
    {
        const int afterHeader = 33;
        return [.. png[..afterHeader], .. PngBytes.Chunk(type, data), .. png[afterHeader..]];
    }
}
