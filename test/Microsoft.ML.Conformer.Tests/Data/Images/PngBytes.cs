using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;

namespace Microsoft.ML.Conformer.Tests.Data.Images;

/// <summary>PNGs that Skia does not write.</summary>
internal static class PngBytes
{
    /// <summary>A PNG of 16 bits a value.</summary>
    /// <param name="width">In pixels.</param>
    /// <param name="height">In pixels.</param>
    /// <param name="values">[height, width, 1 or 3].</param>
    /// <param name="filter">Of all rows, 0-4.</param>
    public static byte[] Sixteen(int width, int height, ushort[] values, byte filter = 0)
    {
        var channels = values.Length / (width * height);
        var raw = new byte[values.Length * 2];
        for (var i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteUInt16BigEndian(raw.AsSpan(2 * i), values[i]);
        return Of(width, height, raw, 16, (byte)(channels == 1 ? 0 : 2), channels * 2, filter);
    }

    /// <summary>A PNG of indices of a palette, or of gray levels.</summary>
    /// <param name="width">In pixels.</param>
    /// <param name="height">In pixels.</param>
    /// <param name="values">[height, width].</param>
    /// <param name="bits">Of a value, 1-8.</param>
    /// <param name="isPalette">Whether they are indices; their colors are of no order.</param>
    /// <param name="filter">Of all rows, 0-4.</param>
    public static byte[] Indices(int width, int height, byte[] values, int bits = 8, bool isPalette = true, byte filter = 0)
    {
        var rowBytes = (width * bits + 7) / 8;
        var raw = new byte[height * rowBytes];
        for (var i = 0; i < values.Length; i++)
        {
            var bit = i % width * bits;
            raw[i / width * rowBytes + bit / 8] |= (byte)(values[i] << (8 - bits - bit % 8));
        }
        byte[] palette = [.. Enumerable.Range(0, 3 << bits).Select(i => (byte)(91 * i))];
        return Of(width, height, raw, bits, (byte)(isPalette ? 3 : 0), 1, filter, isPalette ? Chunk("PLTE", palette) : []);
    }

    private static byte[] Of(int width, int height, byte[] raw, int bits, byte colorType, int step, byte filter, params byte[] chunks)
    {
        var rowBytes = raw.Length / height;
        using var data = new MemoryStream();
        using (var zlib = new ZLibStream(data, CompressionLevel.Fastest, leaveOpen: true))
            for (var y = 0; y < height; y++)
            {
                zlib.WriteByte(filter);
                for (var x = 0; x < rowBytes; x++)
                {
                    int At(int row, int column) => row < 0 || column < 0 ? 0 : raw[row * rowBytes + column];
                    var (left, up, corner) = (At(y, x - step), At(y - 1, x), At(y - 1, x - step));
                    var estimate = left + up - corner;
                    int[] nearest = [.. new[] { left, up, corner }.OrderBy(near => Math.Abs(estimate - near))]; // a stable order
                    zlib.WriteByte((byte)(At(y, x) - filter switch { 1 => left, 2 => up, 3 => (left + up) / 2, 4 => nearest[0], _ => 0 }));
                }
            }
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = ((byte)bits, colorType);
        return
        [
            0x89, .. "PNG\r\n\u001a\n"u8, .. Chunk("IHDR", header), .. chunks, .. Chunk("IDAT", data.ToArray()), .. Chunk("IEND", []),
        ];
    }

    /// <summary>A chunk with its length and check sum.</summary>
    public static byte[] Chunk(string type, byte[] data)
    {
        byte[] body = [.. Encoding.ASCII.GetBytes(type), .. data];
        var chunk = new byte[body.Length + 8];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        body.CopyTo(chunk, 4);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(4 + body.Length), Crc32.HashToUInt32(body));
        return chunk;
    }
}
