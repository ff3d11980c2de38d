using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;
using Microsoft.ML.Conformer.Data.Decoding;
using Microsoft.ML.Conformer.Data.Images;

namespace Microsoft.ML.Conformer.Tests.Data.Decoding;

[TestClass]
public sealed class Png16Tests
{
    private const int Width = 13, Height = 11;

    [TestMethod]
    [DataRow(12, 1)]
    [DataRow(14, 1)]
    [DataRow(16, 1)]
    [DataRow(12, 3)]
    [DataRow(14, 3)]
    [DataRow(16, 3)]
    public void ValuesAreScaledByTheBitsThatAreUsed(int bits, int channels)
    {
        var values = Values(bits, channels);
        for (byte filter = 0; filter <= 4; filter++)
        {
            var image = Decode(Png(values, channels, filter));

            for (var i = 0; i < Width * Height * 3; i++)
                Assert.AreEqual(values[channels == 1 ? i / 3 : i] >> (bits - 8), image.Pixels[i], $"filter {filter}, value {i}");
        }
    }

    [TestMethod]
    public void TheFullRangeIsAsSkiaHasIt()
    {
        var image = Decode(Png(Values(16, 3), 3, filter: 4));

        Assert.AreEqual(255, image.Pixels.Max());
    }

    [TestMethod]
    public void TwelveBitImagesOfTheReportsAreNoLongerBlack()
    {
        var folder = Path.Combine(SharedData.FolderOrInconclusive("reports"), "gray16-12bit");
        foreach (var file in Directory.GetFiles(folder, "*.png", SearchOption.AllDirectories))
            Assert.IsFalse(Decode(File.ReadAllBytes(file)).IsDull(), file);
    }

    private static RgbImage Decode(byte[] file)
    {
        using var image = new EncodedImage(file, new());
        return image.Decode();
    }

    /// <summary>Values that have the highest bit somewhere.</summary>
    private static ushort[] Values(int bits, int channels) =>
        [.. Enumerable.Range(0, Width * Height * channels).Select(i => (ushort)((i == 7 ? -1 : 7919 * i) & ((1 << bits) - 1)))];

    private static byte[] Png(ushort[] values, int channels, byte filter)
    {
        var (rowBytes, step) = (Width * channels * 2, channels * 2);
        var raw = new byte[Height * rowBytes];
        for (var i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteUInt16BigEndian(raw.AsSpan(2 * i), values[i]);
        using var data = new MemoryStream();
        using (var zlib = new ZLibStream(data, CompressionLevel.Fastest, leaveOpen: true))
            for (var y = 0; y < Height; y++)
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
        BinaryPrimitives.WriteInt32BigEndian(header, Width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), Height);
        (header[8], header[9]) = (16, (byte)(channels == 1 ? 0 : 2));
        return [0x89, .. "PNG\r\n\u001a\n"u8, .. Chunk("IHDR", header), .. Chunk("IDAT", data.ToArray()), .. Chunk("IEND", [])];
    }

    private static byte[] Chunk(string type, byte[] data)
    {
        byte[] body = [.. Encoding.ASCII.GetBytes(type), .. data];
        var chunk = new byte[body.Length + 8];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        body.CopyTo(chunk, 4);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(4 + body.Length), Crc32.HashToUInt32(body));
        return chunk;
    }
}
