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
    public static bool CanRead(ReadOnlySpan<byte> file) =>
        file.Length > HeaderBytes && file[1..4].SequenceEqual("PNG"u8) && file[24..29] is [16, 0 or 2, 0, 0, 0];

    /// <summary>The image, its values scaled by the 12, 14 or 16 bits that the brightest one has.</summary>
    /// <exception cref="InvalidDataException">The compressed values are damaged, or too few.</exception>
    public static RgbImage Decode(ReadOnlySpan<byte> file)
    {
        var (width, height) = (BinaryPrimitives.ReadInt32BigEndian(file[16..]), BinaryPrimitives.ReadInt32BigEndian(file[20..]));
        var channels = file[25] == 2 ? RgbImage.Channels : 1;
        var values = new ushort[width * height * channels];
        using var stream = new ZLibStream(PixelData(file), CompressionMode.Decompress);
        var (row, above, filter) = (new byte[width * channels * ValueBytes], new byte[width * channels * ValueBytes], new byte[1]);
        for (var y = 0; y < height; y++, (row, above) = (above, row))
        {
            if (stream.ReadAtLeast(filter, 1, false) < 1 || stream.ReadAtLeast(row, row.Length, false) < row.Length)
                throw new InvalidDataException("It is truncated: a part of its pixels is missing.");
            Unfilter(filter[0], row, above, channels * ValueBytes);
            for (var i = 0; i < width * channels; i++)
                values[y * width * channels + i] = BinaryPrimitives.ReadUInt16BigEndian(row.AsSpan(i * ValueBytes));
        }
        return ToRgb(values, width, height, channels);
    }

    private static RgbImage ToRgb(ushort[] values, int width, int height, int channels)
    {
        var max = values.Max();
        var shift = max < 1 << 12 ? 4 : max < 1 << 14 ? 6 : 8;
        var pixels = new byte[width * height * RgbImage.Channels];
        for (var i = 0; i < pixels.Length; i++)
            pixels[i] = (byte)(values[channels == 1 ? i / RgbImage.Channels : i] >> shift);
        return new RgbImage(width, height, pixels);
    }

    private static MemoryStream PixelData(ReadOnlySpan<byte> file)
    {
        var data = new MemoryStream();
        foreach (var chunk in new PngChunks(file))
            if (chunk.Type.SequenceEqual("IDAT"u8))
                data.Write(chunk.Data);
        data.Position = 0;
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
