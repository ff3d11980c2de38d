using Google.Protobuf;

namespace Microsoft.ML.Conformer.Onnx.Format;

/// <summary>
/// The outputs of an ONNX file's graph, added to without touching the graph: a protobuf reader merges a message that stands in a file
/// twice, so that a second graph with nothing but outputs gives them to the first. Any value inside the graph may become an output.
/// </summary>
internal static class OnnxGraphOutputs
{
    // Field numbers of onnx.proto: ModelProto.graph, GraphProto.output, ValueInfoProto.name.
    private const int GraphField = 7, OutputField = 12, NameField = 1;

    /// <summary>Names of the outputs.</summary>
    /// <exception cref="FormatException">The bytes are no ONNX file.</exception>
    public static IReadOnlyList<string> Names(byte[] onnx) => new OnnxFileContents(onnx).Outputs;

    /// <summary>
    /// A complete file with more outputs, without their types: ONNX Runtime infers them, so that the names are all that one must know of
    /// the graph. Those that it has already are left out.
    /// </summary>
    /// <returns>The file with the outputs; the same array where it has them all.</returns>
    /// <exception cref="FormatException">The bytes are no ONNX file.</exception>
    public static byte[] Add(byte[] onnx, IEnumerable<string> names)
    {
        var present = Names(onnx);
        return Add(onnx, names.Except(present).Select(name => (Action<CodedOutputStream>)(output => output.String(NameField, name))));
    }

    /// <summary>A complete file with more outputs and their types, which readers other than ONNX Runtime need.</summary>
    /// <inheritdoc cref="Add(byte[], IEnumerable{string})" path="/returns"/>
    /// <inheritdoc cref="Add(byte[], IEnumerable{string})" path="/exception"/>
    public static byte[] Add(byte[] onnx, IEnumerable<OnnxValueInfo> outputs)
    {
        var present = Names(onnx);
        return Add(onnx, outputs.Where(info => !present.Contains(info.Name))
            .Select(info => (Action<CodedOutputStream>)(output => OnnxModelWriter.ValueInfo(output, info))));
    }

    private static byte[] Add(byte[] onnx, IEnumerable<Action<CodedOutputStream>> outputs)
    {
        var added = ProtobufFields.Serialize(file =>
        {
            foreach (var output in outputs)
                file.Message(GraphField, graph => graph.Message(OutputField, output));
        });
        return added.Length == 0 ? onnx : [.. onnx, .. added];
    }
}
