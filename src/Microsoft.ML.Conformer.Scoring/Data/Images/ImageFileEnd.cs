using System.Buffers.Binary;

namespace Microsoft.ML.Conformer.Data.Images;

/// <summary>The bytes by which a file's format tells that the image is complete. Only the file's first and last bytes are read.</summary>
internal static class ImageFileEnd
{
    private const int HeadBytes = 12, TailBytes = 256;

    /// <summary>Whether a file ends as its format should; where not, it may be truncated, or have other data behind the image.</summary>
    public static bool IsInPlace(string path)
    {
        using var file = File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);
        var length = RandomAccess.GetLength(file);
        Span<byte> head = stackalloc byte[HeadBytes];
        Span<byte> tail = stackalloc byte[TailBytes];
        head = head[..RandomAccess.Read(file, head, 0)];
        tail = tail[..RandomAccess.Read(file, tail, Math.Max(0, length - TailBytes))];
        return head switch
        {
            // EOI, which scan data cannot contain; some cameras fill up with zeros.
            [0xFF, 0xD8, ..] => tail.TrimEnd((byte)0) is [.., 0xFF, 0xD9],
            // IEND and its CRC.
            [0x89, (byte)'P', (byte)'N', (byte)'G', ..] =>
                tail is [.., (byte)'I', (byte)'E', (byte)'N', (byte)'D', 0xAE, 0x42, 0x60, 0x82],
            // The end of a block, and the trailer.
            [(byte)'G', (byte)'I', (byte)'F', ..] => tail is [.., 0, (byte)';'],
            // The length in the header; some writers set it wrong.
            [(byte)'B', (byte)'M', ..] when head.Length == HeadBytes => BinaryPrimitives.ReadUInt32LittleEndian(head[2..]) == length,
            [(byte)'R', (byte)'I', (byte)'F', (byte)'F', .., (byte)'W', (byte)'E', (byte)'B', (byte)'P'] =>
                BinaryPrimitives.ReadUInt32LittleEndian(head[4..]) + 8L <= length,
            _ => false,
        };
    }
}
