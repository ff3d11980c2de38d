using System.Buffers.Binary;

namespace Microsoft.ML.Conformer.Data.Decoding;

/// <summary>The bytes by which a format other than JPEG tells that the image is complete.</summary>
internal static class ImageFileEnd
{
    /// <summary>Whether a file ends as its format should; where not, it may be truncated, or have other data behind the image.</summary>
    public static bool IsInPlace(ReadOnlySpan<byte> file) => file switch
    {
        // IEND and its CRC.
        [0x89, (byte)'P', (byte)'N', (byte)'G', ..] =>
            file is [.., (byte)'I', (byte)'E', (byte)'N', (byte)'D', 0xAE, 0x42, 0x60, 0x82],
        // The end of a block, and the trailer.
        [(byte)'G', (byte)'I', (byte)'F', ..] => file is [.., 0, (byte)';'],
        // The length in the header; some writers set it wrong.
        [(byte)'B', (byte)'M', _, _, _, _, ..] => BinaryPrimitives.ReadUInt32LittleEndian(file[2..]) == file.Length,
        [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..] =>
            BinaryPrimitives.ReadUInt32LittleEndian(file[4..]) + 8L <= file.Length,
        _ => false,
    };
}
