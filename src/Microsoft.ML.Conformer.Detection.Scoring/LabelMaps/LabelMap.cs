using System.Buffers.Binary;

namespace Microsoft.ML.Conformer.Detection.LabelMaps;

/// <summary>A value for each pixel of an image, row by row: a class, or what a file has for one.</summary>
/// <param name="Height">In pixels.</param>
/// <param name="Width">In pixels.</param>
/// <param name="Values">[Height, Width].</param>
internal sealed record LabelMap(int Height, int Width, byte[] Values)
{
    private static readonly ImageDecoding _usualSizes = new();

    /// <summary>Reads the values of a PNG as they are stored: the indices of a palette, or gray levels.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">It is no such PNG, or damaged; the message does not name it.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static LabelMap Read(string path) => Decode(EncodedImage.ReadFile(path));

    /// <inheritdoc cref="Read"/>
    /// <param name="file">The file's contents.</param>
    public static LabelMap Decode(ReadOnlySpan<byte> file)
    {
        if (!PngRows.CanRead(file))
            throw new InvalidDataException(PngRows.IsPng(file)
                ? "Its header cannot be read, or it is interlaced; save it as a PNG that is not."
                : "It is no PNG; other formats change values, or make colors of them.");
        using var rows = new PngRows(file);
        if (rows.ColorType is not (PngColorType.Gray or PngColorType.Palette))
            throw new InvalidDataException("It has colors; expected gray levels or indices of a palette.");
        _usualSizes.ThrowIfTooLarge(rows.Width, rows.Height);
        var (width, bits) = (rows.Width, rows.BitDepth);
        var values = new byte[rows.Height * width];
        rows.ForEach((y, row) => Unpack(row, bits, values.AsSpan(y * width, width)));
        return new LabelMap(rows.Height, width, values);
    }

    private static void Unpack(byte[] row, int bits, Span<byte> values)
    {
        if (bits == 8)
            row.AsSpan(0, values.Length).CopyTo(values);
        else if (bits == 16)
            for (var x = 0; x < values.Length; x++)
                values[x] = BinaryPrimitives.ReadUInt16BigEndian(row.AsSpan(2 * x)) is <= byte.MaxValue and var value
                    ? (byte)value
                    : throw new InvalidDataException($"It has values above {byte.MaxValue}, which are no classes.");
        else
            for (int x = 0, bit = 0; x < values.Length; x++, bit += bits)
                values[x] = (byte)(row[bit / 8] >> (8 - bits - bit % 8) & ((1 << bits) - 1));
    }
}
