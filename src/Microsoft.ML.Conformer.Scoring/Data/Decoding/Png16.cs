using System.Buffers.Binary;

namespace Microsoft.ML.Conformer.Data.Decoding;

/// <summary>
/// Reads the 16 bits of a PNG's colors, of which Skia keeps the upper 8: too few where a camera or scanner used 12 or 14 of them, whose
/// images are nearly black then. Gray and RGB, not interlaced (PNG specification, section 11).
/// </summary>
internal static class Png16
{
    private const int ValueBytes = 2;

    /// <summary>Whether a file is a PNG that this reads.</summary>
    public static bool CanRead(ReadOnlySpan<byte> file)
    {
        if (!PngRows.CanRead(file) || file[24..26] is not [16, 0 or 2])
            return false;
        foreach (var chunk in new PngChunks(file))
            if (chunk.Type.SequenceEqual("tRNS"u8)) // a transparent color, which shows the background
                return false;
        return true;
    }

    /// <summary>Writes the values, scaled by the 12, 14 or 16 bits that the brightest one has.</summary>
    /// <param name="file">The file.</param>
    /// <param name="image">What Skia made of it.</param>
    /// <exception cref="InvalidDataException">The compressed values are damaged, or too few.</exception>
    public static void Decode(ReadOnlySpan<byte> file, RgbImage image)
    {
        using var rows = new PngRows(file);
        var max = 0;
        rows.ForEach((_, row) =>
        {
            for (var i = 0; i < row.Length; i += ValueBytes)
                max = Math.Max(max, BinaryPrimitives.ReadUInt16BigEndian(row.AsSpan(i)));
        });
        var (shift, isGray) = (max < 1 << 12 ? 4 : max < 1 << 14 ? 6 : 8, rows.Channels == 1);
        rows.ForEach((y, row) =>
        {
            var rowLength = image.Width * RgbImage.Channels;
            for (var i = 0; i < rowLength; i++)
            {
                var value = isGray ? i / RgbImage.Channels : i;
                image.Pixels[y * rowLength + i] = (byte)(BinaryPrimitives.ReadUInt16BigEndian(row.AsSpan(value * ValueBytes)) >> shift);
            }
        });
    }
}
