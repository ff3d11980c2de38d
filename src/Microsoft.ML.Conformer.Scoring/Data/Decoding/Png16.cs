using System.Buffers.Binary;
using System.IO.Compression;

namespace Microsoft.ML.Conformer.Data.Decoding;

/// <summary>
/// Reads the 16 bits of a PNG's colors, of which Skia keeps the upper 8: too few where a camera or scanner used 12 or 14 of them, whose
/// images are nearly black then. Gray and RGB, not interlaced (PNG specification, sections 9 and 11).
/// </summary>
internal static class Png16
{
    private const int HeaderBytes = 29, ValueBytes = 2;

    /// <summary>Whether a file is a PNG that this reads.</summary>
    public static bool CanRead(ReadOnlySpan<byte> file)
    {
        if (file.Length <= HeaderBytes || !file[1..4].SequenceEqual("PNG"u8) || file[24..29] is not [16, 0 or 2, 0, 0, 0])
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
        using var data = PixelData(file);
        var (max, channels) = (0, file[25] == 2 ? RgbImage.Channels : 1);
        ReadRows((_, row) =>
        {
            for (var i = 0; i < row.Length; i += ValueBytes)
                max = Math.Max(max, BinaryPrimitives.ReadUInt16BigEndian(row.AsSpan(i)));
        });
        var shift = max < 1 << 12 ? 4 : max < 1 << 14 ? 6 : 8;
        ReadRows((y, row) =>
        {
            var rowLength = image.Width * RgbImage.Channels;
            for (var i = 0; i < rowLength; i++)
            {
                var value = channels == 1 ? i / RgbImage.Channels : i;
                image.Pixels[y * rowLength + i] = (byte)(BinaryPrimitives.ReadUInt16BigEndian(row.AsSpan(value * ValueBytes)) >> shift);
            }
        });

        void ReadRows(Action<int, byte[]> read)
        {
            data.Position = 0;
            using var stream = new ZLibStream(data, CompressionMode.Decompress, leaveOpen: true);
            var (filter, length) = (new byte[1], image.Width * channels * ValueBytes);
            var (row, above) = (new byte[length], new byte[length]);
            for (var y = 0; y < image.Height; y++, (row, above) = (above, row))
            {
                if (stream.ReadAtLeast(filter, 1, false) < 1 || stream.ReadAtLeast(row, length, false) < length)
                    throw new InvalidDataException("It is truncated: a part of its pixels is missing.");
                Unfilter(filter[0], row, above, channels * ValueBytes);
                read(y, row);
            }
        }
    }

    private static MemoryStream PixelData(ReadOnlySpan<byte> file)
    {
        var data = new MemoryStream();
        foreach (var chunk in new PngChunks(file))
            if (chunk.Type.SequenceEqual("IDAT"u8))
                data.Write(chunk.Data);
        return data;
    }

    private static void Unfilter(byte filter, Span<byte> row, ReadOnlySpan<byte> above, int step)
    {
        for (var i = 0; i < row.Length; i++)
        {
            var (left, up, corner) = (i < step ? 0 : row[i - step], above[i], i < step ? 0 : above[i - step]);
            row[i] += filter switch
            {
                1 => (byte)left,
                2 => up,
                3 => (byte)((left + up) / 2),
                4 => (byte)Paeth(left, up, corner),
                _ => 0,
            };
        }
    }

    private static int Paeth(int left, int up, int corner)
    {
        var estimate = left + up - corner;
        var (toLeft, toUp, toCorner) = (Math.Abs(estimate - left), Math.Abs(estimate - up), Math.Abs(estimate - corner));
        return toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
    }
}
