using Google.Protobuf;

namespace Microsoft.ML.Conformer.Onnx.Format;

// What the classes that onnx.proto generates lack: to be made in one expression. A message that stands in a graph is not changed any more.

internal partial class NodeProto
{
    /// <summary>An operator, of the standard ones unless it has a <paramref name="domain"/>.</summary>
    public NodeProto(
        string opType, string name, IEnumerable<string> inputs, IEnumerable<string> outputs, IEnumerable<AttributeProto> attributes,
        string domain = "") : this()
    {
        (OpType, Name) = (opType, name);
        Input.Add(inputs);
        Output.Add(outputs);
        Attribute.Add(attributes);
        if (domain.Length > 0)
            Domain = domain;
    }

    public NodeProto With(IEnumerable<string> inputs, IEnumerable<string> outputs) => new(OpType, Name, inputs, outputs, Attribute, Domain);
}

internal partial class AttributeProto
{
    public AttributeProto(string name, float value) : this() => (Name, F, Type) = (name, value, Types.AttributeType.Float);

    public AttributeProto(string name, long value) : this() => (Name, I, Type) = (name, value, Types.AttributeType.Int);

    public AttributeProto(string name, string value) : this() =>
        (Name, S, Type) = (name, ByteString.CopyFromUtf8(value), Types.AttributeType.String);

    public AttributeProto(string name, IEnumerable<long> values) : this()
    {
        (Name, Type) = (name, Types.AttributeType.Ints);
        Ints.Add(values);
    }

    public AttributeProto(string name, IEnumerable<string> values) : this()
    {
        (Name, Type) = (name, Types.AttributeType.Strings);
        Strings.Add(values.Select(ByteString.CopyFromUtf8));
    }
}

internal partial class ValueInfoProto
{
    /// <summary>Name, element type and shape of a value; a null shape is not stated.</summary>
    public ValueInfoProto(string name, OnnxElementType type, IEnumerable<OnnxDimension>? shape) : this()
    {
        Name = name;
        Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type } };
        if (shape is not null)
            Type.TensorType.Shape = new TensorShapeProto { Dim = { shape.Select(dimension => dimension.Message) } };
    }

    public OnnxElementType ElementType
    {
        get => (OnnxElementType)Type.TensorType.ElemType;
        set => Type.TensorType.ElemType = (int)value;
    }
}
