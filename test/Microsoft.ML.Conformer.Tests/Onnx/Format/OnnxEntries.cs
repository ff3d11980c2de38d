using Google.Protobuf;
using Microsoft.ML.Conformer.Onnx.Format;

namespace Microsoft.ML.Conformer.Tests.Onnx.Format;

/// <summary>Changes the metadata of ONNX files, as somebody does who knows the checksum.</summary>
internal static class OnnxEntries
{
    public static IReadOnlyDictionary<string, string> Of(byte[] onnx) => OnnxContent.Read(onnx).Metadata;

    /// <summary>The file with an entry added or replaced, and without its checksum.</summary>
    public static byte[] With(byte[] onnx, string key, string value) => Changed(onnx, model =>
    {
        foreach (var old in model.MetadataProps.Where(entry => entry.Key == key).ToList())
            model.MetadataProps.Remove(old);
        model.MetadataProps.Add(new StringStringEntryProto { Key = key, Value = value });
    });

    /// <summary>The file changed in whatever way, without its checksum.</summary>
    public static byte[] Changed(byte[] onnx, Action<ModelProto> change)
    {
        var model = ModelProto.Parser.ParseFrom(onnx);
        foreach (var checksum in model.MetadataProps.Where(entry => entry.Key == OnnxChecksum.Key).ToList())
            model.MetadataProps.Remove(checksum);
        change(model);
        return model.ToByteArray();
    }
}
