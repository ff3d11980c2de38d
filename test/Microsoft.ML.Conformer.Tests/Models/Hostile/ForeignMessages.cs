using System.Text;
using Google.Protobuf;
using Microsoft.ML.Conformer.Onnx.Format;

namespace Microsoft.ML.Conformer.Tests.Models.Hostile;

/// <summary>
/// What ONNX has and this library never writes, as bytes to be merged into its messages: functions, graphs in graphs, sparse tensors.
/// </summary>
internal static class ForeignMessages
{
    /// <summary>Numbers of fields in onnx.proto.</summary>
    public const int ModelDomain = 4, ModelDocString = 6, ModelTraining = 20, ModelFunctions = 25, GraphDocString = 10, GraphSparse = 15,
        AttributeTensor = 5, AttributeGraph = 6, TensorFloats = 4, TensorDocString = 12;

    private const int AttributeTypeTensor = 4, AttributeTypeGraph = 5;

    /// <summary>A field with bytes, text or a message in it.</summary>
    public static byte[] Field(int number, byte[] content)
    {
        using var memory = new MemoryStream();
        using (var output = new CodedOutputStream(memory, leaveOpen: true))
        {
            output.WriteTag(number, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(ByteString.CopyFrom(content));
        }
        return memory.ToArray();
    }

    public static byte[] Field(int number, string text) => Field(number, Encoding.UTF8.GetBytes(text));

    /// <summary>A function that calls another, which may be itself.</summary>
    public static byte[] Function(string name, string called)
    {
        var call = new NodeProto(called, "call", ["x"], ["y"], [], "evil");
        return Field(ModelFunctions,
            [.. Field(1, name), .. Field(4, "x"), .. Field(5, "y"), .. Field(7, call.ToByteArray()), .. Field(10, "evil")]);
    }

    public static AttributeProto Graph(string name, byte[] graph) => Attribute(name, Field(AttributeGraph, graph), AttributeTypeGraph);

    public static AttributeProto Tensor(string name, TensorProto tensor) =>
        Attribute(name, Field(AttributeTensor, tensor.ToByteArray()), AttributeTypeTensor);

    /// <summary>A graph in a node's attribute, in a graph in a node's attribute, and so on.</summary>
    public static byte[] Nested(int depth)
    {
        var graph = Array.Empty<byte>();
        for (var i = 0; i < depth; i++)
            graph = Field(1, [.. Field(4, "If"), .. Field(5, [.. Field(1, "then_branch"), .. Field(AttributeGraph, graph)])]);
        return graph;
    }

    /// <summary>A tensor whose values are in a file.</summary>
    public static TensorProto External(TensorProto tensor, string location, string offset = "0")
    {
        var external = tensor.Clone();
        external.ClearRawData();
        external.DataLocation = TensorProto.Types.DataLocation.External;
        external.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = location });
        external.ExternalData.Add(new StringStringEntryProto { Key = "offset", Value = offset });
        external.ExternalData.Add(new StringStringEntryProto { Key = "length", Value = $"{tensor.RawData.Length}" });
        return external;
    }

    private static AttributeProto Attribute(string name, byte[] value, int type)
    {
        var attribute = new AttributeProto { Name = name };
        attribute.MergeFrom(value);
        attribute.Type = (AttributeProto.Types.AttributeType)type;
        return attribute;
    }
}
