using Google.Protobuf;

namespace Microsoft.ML.Conformer.Onnx.Format;

/// <summary>A protobuf message's fields, tag and value at once.</summary>
internal static class ProtobufFields
{
    extension(CodedOutputStream output)
    {
        public void Int64(int field, long value)
        {
            output.WriteTag(field, WireFormat.WireType.Varint);
            output.WriteInt64(value);
        }

        public void Float(int field, float value)
        {
            output.WriteTag(field, WireFormat.WireType.Fixed32);
            output.WriteFloat(value);
        }

        public void String(int field, string value)
        {
            output.WriteTag(field, WireFormat.WireType.LengthDelimited);
            output.WriteString(value);
        }

        /// <summary>A nested message; only for small ones, since it is kept in memory until its length is known.</summary>
        public void Message(int field, Action<CodedOutputStream> writeContent)
        {
            output.WriteTag(field, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(ByteString.CopyFrom(Serialize(writeContent)));
        }
    }

    public static byte[] Serialize(Action<CodedOutputStream> writeContent)
    {
        using var memory = new MemoryStream();
        using (var output = new CodedOutputStream(memory, leaveOpen: true))
            writeContent(output);
        return memory.ToArray();
    }
}
