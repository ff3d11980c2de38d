using System.IO.Hashing;
using Google.Protobuf;

namespace Microsoft.ML.Conformer.Onnx.Format;

/// <summary>
/// The last metadata entry of a file: the XXH128 of all bytes before it. It finds damage that leaves a model which opens; it proves nothing
/// about who wrote a file.
/// </summary>
internal static class OnnxChecksum
{
    public const string Key = "conformer.checksum";

    private static readonly int _digits = 2 * new XxHash128().HashLengthInBytes;
    private static readonly byte[] _beginning = Field(new string('0', _digits))[..^_digits];

    /// <summary>Bytes that the entry takes in a file.</summary>
    public static int Length { get; } = _beginning.Length + _digits;

    /// <summary>The checksum that a metadata field of this length holds; null where it is another entry.</summary>
    public static string? Read(ReadOnlySpan<byte> field) => field.StartsWith(_beginning)
        ? System.Text.Encoding.Latin1.GetString(field[_beginning.Length..])
        : null;

    /// <summary>The bytes of the entry with the checksum of what was written before it.</summary>
    public static byte[] Field(string checksum) =>
        new ModelProto { MetadataProps = { new StringStringEntryProto { Key = Key, Value = checksum } } }.ToByteArray();
}
