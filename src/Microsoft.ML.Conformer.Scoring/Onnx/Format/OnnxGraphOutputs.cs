using Google.Protobuf;

namespace Microsoft.ML.Conformer.Onnx.Format;

/// <summary>
/// The outputs of an ONNX file's graph, added to without touching the graph: a protobuf reader merges a message that stands in a file
/// twice, so that a second graph with nothing but outputs gives them to the first. Any value inside the graph may become an output.
/// </summary>
internal static class OnnxGraphOutputs
{
    /// <summary>A complete file with more outputs, but those that it has, without their types: ONNX Runtime infers them.</summary>
    public static byte[] Add(byte[] onnx, IEnumerable<string> names) => Add(onnx, names.Select(name => new ValueInfoProto { Name = name }));

    /// <summary>A complete file with more outputs and their types, which readers other than ONNX Runtime need.</summary>
    /// <inheritdoc cref="Add(byte[], IEnumerable{string})" path="/returns"/>
    public static byte[] Add(byte[] onnx, IEnumerable<ValueInfoProto> outputs)
    {
        var present = OnnxContent.Read(onnx).Outputs.Select(output => output.Name);
        var added = new GraphProto { Output = { outputs.ExceptBy(present, output => output.Name) } };
        if (added.Output.Count == 0)
            return onnx;
        // The checksum of all else comes last.
        var end = onnx.AsSpan(^OnnxChecksum.Length..);
        var before = OnnxChecksum.Read(end) is null ? onnx.AsSpan() : onnx.AsSpan(..^OnnxChecksum.Length);
        using var file = new MemoryStream();
        var hashed = new ChecksumStream(file);
        hashed.Write(before);
        new ModelProto { Graph = added }.WriteTo(hashed);
        file.Write(OnnxChecksum.Field(hashed.Checksum));
        return file.ToArray();
    }
}
