using Google.Protobuf;

namespace Microsoft.ML.Conformer.Onnx.Format;

/// <summary>
/// Writes an <see cref="OnnxModel"/> as protobuf by the field numbers of onnx.proto. A message's length stands before its content, so
/// the lengths of tensors are computed from their shapes and only then are the values read and passed on, one tensor at a time.
/// </summary>
internal static class OnnxModelWriter
{
    /// <summary>Protobuf readers take no message above this size.</summary>
    public const long MaxModelBytes = int.MaxValue;

    /// <summary>Writes a model, its weights inside.</summary>
    /// <exception cref="OnnxExportException">The model is above 2 GB, or a weight is not finite.</exception>
    public static void Write(Stream destination, OnnxModel model) => Write(destination, model, external: null, CancellationToken.None);

    /// <summary>Writes a model, but for the values of tensors that <paramref name="external"/> holds.</summary>
    /// <exception cref="OnnxExportException">The model is above 2 GB, or a weight is not finite.</exception>
    public static void Write(Stream destination, OnnxModel model, OnnxExternalData? external, CancellationToken cancellation)
    {
        var graphEnd = GraphWithoutTensors(model);
        var tensors = model.Initializers
            .Select(tensor => (Header: TensorHeader(tensor, external), Values: external?.Holds(tensor) == true ? null : tensor)).ToList();
        var graphLength = graphEnd.Length + tensors.Sum(tensor => TensorFieldLength(tensor.Header, tensor.Values));
        if (graphLength > MaxModelBytes)
            throw new OnnxExportException(
                $"The network takes {graphLength:N0} bytes; an ONNX file without external data holds at most {MaxModelBytes:N0}.");

        using var output = new CodedOutputStream(destination, leaveOpen: true);
        ModelHeader(output, model);
        output.WriteTag(7, WireFormat.WireType.LengthDelimited); // ModelProto.graph
        output.WriteLength((int)graphLength);
        foreach (var (header, values) in tensors)
        {
            cancellation.ThrowIfCancellationRequested();
            output.WriteTag(5, WireFormat.WireType.LengthDelimited); // GraphProto.initializer
            output.WriteLength((int)(header.Length + (values?.ByteLength ?? 0)));
            output.Flush();
            destination.Write(header);
            values?.WriteValues(destination);
        }
        output.Flush();
        destination.Write(graphEnd);
    }

    private static void ModelHeader(CodedOutputStream output, OnnxModel model)
    {
        output.Int64(1, OnnxModel.IrVersion);
        output.String(2, model.ProducerName);
        output.String(3, model.ProducerVersion);
        output.Message(8, opset => opset.Int64(2, OnnxModel.OpsetVersion));
        if (model.Nodes.Any(node => node.Domain == OnnxModel.MachineLearningDomain))
            output.Message(8, opset =>
            {
                opset.String(1, OnnxModel.MachineLearningDomain);
                opset.Int64(2, OnnxModel.MachineLearningOpsetVersion);
            });
        foreach (var (key, value) in model.Metadata)
            output.Message(14, entry =>
            {
                entry.String(1, key);
                entry.String(2, value);
            });
    }

    private static byte[] GraphWithoutTensors(OnnxModel model) => ProtobufFields.Serialize(graph =>
    {
        foreach (var node in model.Nodes)
            graph.Message(1, message => Node(message, node));
        graph.String(2, model.GraphName);
        foreach (var input in model.Inputs)
            graph.Message(11, message => ValueInfo(message, input));
        foreach (var result in model.Outputs)
            graph.Message(12, message => ValueInfo(message, result));
        foreach (var value in model.ValueInfos)
            graph.Message(13, message => ValueInfo(message, value));
    });

    private static void Node(CodedOutputStream output, OnnxNode node)
    {
        foreach (var input in node.Inputs)
            output.String(1, input);
        foreach (var result in node.Outputs)
            output.String(2, result);
        output.String(3, node.Name);
        output.String(4, node.OpType);
        foreach (var attribute in node.Attributes)
            output.Message(5, message => Attribute(message, attribute));
        if (node.Domain.Length > 0)
            output.String(7, node.Domain);
    }

    private static void Attribute(CodedOutputStream output, OnnxAttribute attribute)
    {
        output.String(1, attribute.Name);
        var type = attribute.Value switch // AttributeProto.AttributeType
        {
            float => 1,
            long => 2,
            string => 3,
            long[] => 7,
            string[] => 8,
            _ => throw new ArgumentException($"An attribute cannot be a {attribute.Value.GetType()}.", nameof(attribute)),
        };
        switch (attribute.Value)
        {
            case float number:
                output.Float(2, number);
                break;
            case long integer:
                output.Int64(3, integer);
                break;
            case string text:
                output.String(4, text);
                break;
            case long[] integers:
                foreach (var integer in integers)
                    output.Int64(8, integer);
                break;
            case string[] texts:
                foreach (var text in texts)
                    output.String(9, text);
                break;
        }
        output.Int64(20, type);
    }

    /// <summary>The fields of a ValueInfoProto.</summary>
    public static void ValueInfo(CodedOutputStream output, OnnxValueInfo value)
    {
        output.String(1, value.Name);
        output.Message(2, type => type.Message(1, tensor =>
        {
            tensor.Int64(1, (long)value.Type);
            if (value.Shape is not { } dimensions)
                return;
            tensor.Message(2, shape =>
            {
                foreach (var dimension in dimensions)
                    shape.Message(1, message =>
                    {
                        if (dimension.Size is { } size)
                            message.Int64(1, size);
                        else
                            message.String(2, dimension.Name!);
                    });
            });
        }));
    }

    /// <summary>A TensorProto up to the length of its raw data, or all of one whose data is external.</summary>
    private static byte[] TensorHeader(OnnxInitializer tensor, OnnxExternalData? external) => ProtobufFields.Serialize(output =>
    {
        foreach (var dimension in tensor.Shape)
            output.Int64(1, dimension);
        output.Int64(2, (long)tensor.Type);
        output.String(8, tensor.Name);
        if (external?.Holds(tensor) == true)
        {
            foreach (var (key, value) in external.Entries(tensor))
                output.Message(13, entry => // TensorProto.external_data
                {
                    entry.String(1, key);
                    entry.String(2, value);
                });
            output.Int64(14, 1); // TensorProto.data_location: EXTERNAL
            return;
        }
        output.WriteTag(9, WireFormat.WireType.LengthDelimited); // TensorProto.raw_data
        output.WriteLength((int)Math.Min(tensor.ByteLength, MaxModelBytes)); // one above that is refused before it is written
    });

    private static long TensorFieldLength(byte[] header, OnnxInitializer? values)
    {
        var length = header.Length + (values?.ByteLength ?? 0);
        return CodedOutputStream.ComputeTagSize(5) + CodedOutputStream.ComputeInt64Size(length) + length;
    }
}
