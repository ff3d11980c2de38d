using System.Buffers.Binary;
using System.Numerics;
using Microsoft.ML.Data;
using Tensorboard;

namespace Microsoft.ML.Conformer.Tests.Training.Records;

/// <summary>Reads TensorBoard's event files, which are TFRecords: length, its masked CRC-32C, the event, its masked CRC-32C.</summary>
internal static class EventFile
{
    /// <summary>The values of all events of a folder's only event file, by tag, in order; every checksum is checked.</summary>
    public static ILookup<string, (long Step, Summary.Types.Value Value)> ReadOnly(string folder)
    {
        var bytes = File.ReadAllBytes(Directory.GetFiles(folder).Single()).AsSpan();
        var values = new List<(long Step, Summary.Types.Value Value)>();
        for (var isFirst = true; bytes.Length > 0; isFirst = false)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(bytes);
            AssertChecksum(bytes[..8], bytes[8..]);
            AssertChecksum(bytes.Slice(12, length), bytes[(12 + length)..]);
            var read = Event.Parser.ParseFrom(bytes.Slice(12, length).ToArray());
            Assert.AreEqual(isFirst ? "brain.Event:2" : "", read.FileVersion);
            values.AddRange((read.Summary?.Value ?? []).Select(value => (read.Step, value)));
            bytes = bytes[(16 + length)..];
        }
        return values.ToLookup(value => value.Value.Tag);
    }

    /// <summary>An image's colors, [H, W, 3].</summary>
    public static (byte[] Rgb, int Width, int Height) Decode(Summary.Types.Value value)
    {
        using var stream = new MemoryStream(value.Image.EncodedImageString.ToByteArray());
        using var image = MLImage.CreateFromStream(stream);
        var (pixels, red) = (image.Pixels.ToArray(), image.PixelFormat == MLPixelFormat.Rgba32 ? 0 : 2);
        byte[] rgb = [.. Enumerable.Range(0, pixels.Length / 4).SelectMany(
            pixel => new[] { pixels[4 * pixel + red], pixels[4 * pixel + 1], pixels[4 * pixel + 2 - red] })];
        return (rgb, image.Width, image.Height);
    }

    private static void AssertChecksum(ReadOnlySpan<byte> data, ReadOnlySpan<byte> checksum)
    {
        var crc = uint.MaxValue;
        foreach (var one in data)
            crc = BitOperations.Crc32C(crc, one);
        Assert.AreEqual(BitOperations.RotateRight(~crc, 15) + 0xa282ead8, BinaryPrimitives.ReadUInt32LittleEndian(checksum));
    }
}
