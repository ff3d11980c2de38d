using Google.Protobuf;

namespace Microsoft.ML.Conformer.Onnx.Format;

/// <summary>The metadata of an ONNX file (ModelProto.metadata_props), read without touching the graph.</summary>
internal static class OnnxMetadataEntries
{
    // Field numbers of onnx.proto: ModelProto.metadata_props, StringStringEntryProto.key and value.
    private const int EntriesField = 14, KeyField = 1, ValueField = 2;

    /// <summary>Reads the entries; of equal keys the last counts.</summary>
    /// <exception cref="FormatException">The bytes are no ONNX file.</exception>
    public static IReadOnlyDictionary<string, string> Read(byte[] onnx)
    {
        var entries = new Dictionary<string, string>();
        try
        {
            var input = new CodedInputStream(onnx);
            while (input.ReadTag() is var tag and not 0)
            {
                if (WireFormat.GetTagFieldNumber(tag) != EntriesField)
                    input.SkipLastField();
                else
                    ReadEntry(input.ReadBytes().CreateCodedInput(), entries);
            }
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new FormatException($"It is no ONNX file, or a damaged one: {e.Message}", e);
        }
        return entries;
    }

    private static void ReadEntry(CodedInputStream entry, Dictionary<string, string> entries)
    {
        var (key, value) = ("", "");
        while (entry.ReadTag() is var tag and not 0)
        {
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case KeyField:
                    key = entry.ReadString();
                    break;
                case ValueField:
                    value = entry.ReadString();
                    break;
                default:
                    entry.SkipLastField();
                    break;
            }
        }
        entries[key] = value;
    }
}
