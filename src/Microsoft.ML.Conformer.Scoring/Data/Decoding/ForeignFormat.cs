namespace Microsoft.ML.Conformer.Data.Decoding;

/// <summary>Names what files that are no readable images most often are, so that their owner knows what to convert.</summary>
internal static class ForeignFormat
{
    /// <summary>What a file is; null where that is unknown, or it is an image.</summary>
    public static string? NameOf(ReadOnlySpan<byte> bytes) => bytes switch
    {
        [] => "empty",
        _ when bytes.Length >= 12 && bytes[4..8].SequenceEqual("ftyp"u8) => IsoMedia(bytes[8..12]),
        [(byte)'I', (byte)'I', 42, 0, ..] or [(byte)'M', (byte)'M', 0, 42, ..] => "a TIFF file or a camera's raw file",
        [(byte)'%', (byte)'P', (byte)'D', (byte)'F', ..] => "a PDF file",
        [(byte)'8', (byte)'B', (byte)'P', (byte)'S', ..] => "a Photoshop file",
        [0xFF, 0x0A, ..] => "a JPEG XL file",
        [0, 0, 0, 0x0C, (byte)'J', (byte)'X', (byte)'L', ..] => "a JPEG XL file",
        [0, 0, 0, 0x0C, (byte)'j', (byte)'P', ..] => "a JPEG 2000 file",
        [(byte)'P', (byte)'K', 3, 4, ..] => "a zip file",
        _ when IsText(bytes) => "text",
        _ => null,
    };

    private static string IsoMedia(ReadOnlySpan<byte> brand) =>
        brand.StartsWith("avi"u8) ? "an AVIF file"
        : brand.StartsWith("hei"u8) || brand.StartsWith("hev"u8) || brand.StartsWith("mif"u8) || brand.StartsWith("msf"u8) ? "a HEIC file"
        : "a video";

    private static bool IsText(ReadOnlySpan<byte> bytes)
    {
        var head = bytes[..Math.Min(bytes.Length, 256)];
        return head.IndexOfAnyInRange((byte)0, (byte)8) < 0 && head.IndexOfAnyInRange((byte)14, (byte)31) < 0;
    }
}
