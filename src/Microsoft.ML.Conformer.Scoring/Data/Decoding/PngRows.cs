using System.Buffers.Binary;
using System.IO.Compression;

namespace Microsoft.ML.Conformer.Data.Decoding;

/// <summary>
/// Reads a PNG's values as they are stored, row by row, which decoders make colors of: indices of a palette, 16 bits (PNG specification,
/// sections 7 and 9).
/// </summary>
internal sealed class PngRows : IDisposable
{
    private const int HeaderBytes = 29;

    private readonly MemoryStream _compressed = new();

    /// <param name="file">A file that <see cref="CanRead"/>.</param>
    public PngRows(ReadOnlySpan<byte> file)
    {
        (Width, Height) = (BinaryPrimitives.ReadInt32BigEndian(file[16..]), BinaryPrimitives.ReadInt32BigEndian(file[20..]));
        (BitDepth, ColorType) = (file[24], (PngColorType)file[25]);
        foreach (var chunk in new PngChunks(file))
            if (chunk.Type.SequenceEqual("IDAT"u8))
                _compressed.Write(chunk.Data);
    }

    public int Width { get; }

    public int Height { get; }

    /// <summary>Bits of a value: 1, 2, 4, 8 or 16.</summary>
    public int BitDepth { get; }

    public PngColorType ColorType { get; }

    /// <summary>Values of a pixel.</summary>
    public int Channels => ColorType switch
    {
        PngColorType.Rgb => 3,
        PngColorType.RgbAlpha => 4,
        PngColorType.GrayAlpha => 2,
        _ => 1,
    };

    private int RowBytes => checked((int)(((long)Width * Channels * BitDepth + 7) / 8));

    public static bool IsPng(ReadOnlySpan<byte> file) => file.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G']);

    /// <summary>Whether a file has a PNG's header, and one that this reads: it is not interlaced.</summary>
    public static bool CanRead(ReadOnlySpan<byte> file) =>
        file.Length > HeaderBytes && IsPng(file) && file[12..16].SequenceEqual("IHDR"u8) &&
        BinaryPrimitives.ReadInt32BigEndian(file[16..]) > 0 && BinaryPrimitives.ReadInt32BigEndian(file[20..]) > 0 &&
        file[24] is 1 or 2 or 4 or 8 or 16 && file[25] is 0 or 2 or 3 or 4 or 6 && file[26..29] is [0, 0, 0];

    /// <summary>Reads all rows, from the first one, each time that it is called.</summary>
    /// <param name="read">Takes a row's number and its bytes, which change afterward.</param>
    /// <exception cref="InvalidDataException">The compressed values are damaged, or too few.</exception>
    public void ForEach(Action<int, byte[]> read)
    {
        _compressed.Position = 0;
        using var stream = new ZLibStream(_compressed, CompressionMode.Decompress, leaveOpen: true);
        var (filter, length, step) = (new byte[1], RowBytes, Math.Max(Channels * BitDepth / 8, 1));
        var (row, above) = (new byte[length], new byte[length]);
        for (var y = 0; y < Height; y++, (row, above) = (above, row))
        {
            if (stream.ReadAtLeast(filter, 1, false) < 1 || stream.ReadAtLeast(row, length, false) < length)
                throw new InvalidDataException("It is truncated: a part of its pixels is missing.");
            Unfilter(filter[0], row, above, step);
            read(y, row);
        }
    }

    public void Dispose() => _compressed.Dispose();

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

/// <summary>What a PNG's values are, by the numbers of its header.</summary>
internal enum PngColorType
{
    Gray = 0,
    Rgb = 2,
    Palette = 3,
    GrayAlpha = 4,
    RgbAlpha = 6,
}
