using Google.Protobuf;
using Microsoft.ML.Conformer.Onnx.Format;

namespace Microsoft.ML.Conformer.Tests.Onnx.Format;

/// <summary>Adds to the metadata of ONNX files.</summary>
internal static class OnnxEntries
{
    /// <summary>Adds a metadata entry to a file that is complete: a repeated field may stand anywhere in its message.</summary>
    public static void Append(Stream onnx, string key, string value) =>
        new ModelProto { MetadataProps = { new StringStringEntryProto { Key = key, Value = value } } }.WriteTo(onnx);
}
