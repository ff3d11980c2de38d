using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Text;
using System.Text.Json;

namespace Microsoft.ML.Conformer.Weights.Safetensors;

/// <summary>
/// Reads a safetensors file (https://huggingface.co/docs/safetensors): the header's length in 8 bytes, little-endian; the header, a JSON
/// object from each tensor's name to its dtype, shape and data_offsets; then the data. Tensors are row-major and fill the data
/// without holes or overlaps; "__metadata__" maps text to text and is of no consequence here.
/// </summary>
internal static class SafetensorsReader
{
    public const int LengthBytes = sizeof(ulong);

    /// <summary>The element types by the names that the format has for them.</summary>
    public static readonly FrozenDictionary<string, ElementType> Types = FrozenDictionary.Create<string, ElementType>(
        StringComparer.Ordinal,
        new("F64", ElementType.Float64),
        new("F32", ElementType.Float32),
        new("F16", ElementType.Float16),
        new("BF16", ElementType.BFloat16),
        new("I64", ElementType.Int64),
        new("I32", ElementType.Int32),
        new("I16", ElementType.Int16),
        new("I8", ElementType.Int8),
        new("U8", ElementType.UInt8),
        new("BOOL", ElementType.Boolean),
        new("U64", ElementType.Unreadable("uint64", 8)),
        new("U32", ElementType.Unreadable("uint32", 4)),
        new("U16", ElementType.Unreadable("uint16", 2)),
        new("F8_E4M3", ElementType.Unreadable("float8_e4m3", 1)),
        new("F8_E5M2", ElementType.Unreadable("float8_e5m2", 1)),
        new("C64", ElementType.Unreadable("complex64", 8)));

    private static readonly UTF8Encoding _utf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>Whether a file begins with a length that a header may have.</summary>
    public static bool IsOne(ByteSource source)
    {
        Span<byte> field = stackalloc byte[LengthBytes];
        source.Read(0, field);
        return BinaryPrimitives.ReadUInt64LittleEndian(field) <= (ulong)CheckpointLimits.MaxSafetensorsHeaderBytes;
    }

    public static IReadOnlyList<CheckpointTensor> Open(ByteSource source)
    {
        var header = ReadHeader(source);
        var dataStart = LengthBytes + header.Length;
        List<Description> descriptions;
        try
        {
            _utf8.GetCharCount(header);
            descriptions = ReadDescriptions(source.Name, header);
        }
        catch (Exception exception) when (exception is JsonException or DecoderFallbackException or InvalidOperationException)
        {
            // Utf8JsonReader has InvalidOperationException for text with lone surrogates.
            throw Fault(source.Name, "its header is not JSON in UTF-8", exception);
        }
        if (descriptions.Count == 0)
            throw Fault(source.Name, "it holds no tensors");
        CheckCover(source.Name, descriptions, source.Length - dataStart);
        return [.. descriptions.Select(d => CheckpointTensor.Contiguous(
            source.Name, d.Name, d.Type, new StoredStorage(source, dataStart + d.Begin, d.End - d.Begin, crc: null), d.Shape))];
    }

    private static byte[] ReadHeader(ByteSource source)
    {
        Span<byte> field = stackalloc byte[LengthBytes];
        source.Read(0, field);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(field);
        if (length > (ulong)CheckpointLimits.MaxSafetensorsHeaderBytes || length > (ulong)(source.Length - LengthBytes))
            throw Fault(source.Name, $"its header claims {length} bytes; the file has {source.Length}, and a header may have "
                + $"{CheckpointLimits.MaxSafetensorsHeaderBytes}");
        var header = new byte[length];
        source.Read(LengthBytes, header);
        return header;
    }

    private static List<Description> ReadDescriptions(string fileName, byte[] header)
    {
        var reader = new Utf8JsonReader(header, new JsonReaderOptions { MaxDepth = CheckpointLimits.MaxJsonDepth });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw Fault(fileName, "its header is not a JSON object");
        var names = new HashSet<string>(StringComparer.Ordinal);
        var descriptions = new List<Description>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            if (name.Length > CheckpointLimits.MaxNameLength || names.Count == CheckpointLimits.MaxTensors)
                throw Fault(fileName, $"it has more than {CheckpointLimits.MaxTensors} tensors, or a name of more than "
                    + $"{CheckpointLimits.MaxNameLength} characters");
            if (!names.Add(name))
                throw new CheckpointFormatException(fileName, "the name occurs twice in the header.", name);
            reader.Read();
            if (name == "__metadata__")
                SkipMetadata(fileName, ref reader);
            else
                descriptions.Add(ReadDescription(fileName, name, ref reader));
        }
        reader.Read(); // past the end: anything but white space throws
        return descriptions;
    }

    private static void SkipMetadata(string fileName, ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Fault(fileName, "its __metadata__ is not an object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            if (!reader.Read() || reader.TokenType != JsonTokenType.String)
                throw Fault(fileName, "its __metadata__ has a value that is not a text");
    }

    private static Description ReadDescription(string fileName, string name, ref Utf8JsonReader reader)
    {
        CheckpointFormatException Bad(string reason) => new(fileName, $"the header is wrong: {reason}.", name);

        if (reader.TokenType != JsonTokenType.StartObject)
            throw Bad("it has no description");
        string? dtype = null;
        long[]? shape = null, offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var field = reader.GetString()!;
            reader.Read();
            switch (field)
            {
                case "dtype" when dtype is null && reader.TokenType == JsonTokenType.String:
                    dtype = reader.GetString();
                    break;
                case "shape" when shape is null:
                    shape = ReadIntegers(ref reader) ?? throw Bad("its shape is not a list of integers from 0 to 2^63 - 1");
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ReadIntegers(ref reader) ?? throw Bad("its data_offsets are not integers from 0 to 2^63 - 1");
                    break;
                default:
                    throw Bad($"its field '{VisibleText.Of(field)}' is unknown, of a wrong type or there twice");
            }
        }
        if (dtype is null || shape is null || offsets is null)
            throw Bad("it lacks one of dtype, shape and data_offsets");
        if (!Types.TryGetValue(dtype, out var type))
            throw Bad($"its dtype '{VisibleText.Of(dtype)}' is unknown");
        if (offsets is not [var begin, var end] || begin > end)
            throw Bad($"its data_offsets {CheckpointTensor.ShapeText(offsets.Take(4))} are not [begin, end]");
        return new(name, type, shape, begin, end);
    }

    /// <summary>Non-negative integers, or null for something else. Lists beyond any shape are cut, to be refused by their length.</summary>
    private static long[]? ReadIntegers(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            return null;
        var values = new List<long>();
        while (reader.Read() && reader.TokenType == JsonTokenType.Number)
        {
            if (!reader.TryGetInt64(out var value) || value < 0)
                return null;
            if (values.Count <= CheckpointLimits.MaxDimensions)
                values.Add(value);
        }
        return reader.TokenType == JsonTokenType.EndArray ? [.. values] : null;
    }

    private static void CheckCover(string fileName, List<Description> descriptions, long dataLength)
    {
        var covered = 0L;
        foreach (var description in descriptions.OrderBy(d => d.Begin).ThenBy(d => d.End))
        {
            if (description.Begin != covered)
                throw new CheckpointFormatException(
                    fileName,
                    $"its data starts at {description.Begin}, where {covered} was expected: the tensors "
                        + (description.Begin < covered ? "overlap." : "leave a hole."),
                    description.Name);
            covered = description.End;
            if (covered > dataLength)
                throw new CheckpointFormatException(fileName,
                    $"its data ends at {covered}, but the file has {dataLength} bytes of data; it is cut short.", description.Name);
        }
        if (covered != dataLength)
            throw Fault(fileName, $"its tensors end at {covered}, but the file has {dataLength} bytes of data");
    }

    private static CheckpointFormatException Fault(string fileName, string reason, Exception? cause = null) =>
        new(fileName, $"the safetensors file cannot be read: {reason}.", innerException: cause);

    private sealed record Description(string Name, ElementType Type, long[] Shape, long Begin, long End);
}
