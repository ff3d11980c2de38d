using System.Runtime.InteropServices;
using System.Text;
using Google.Protobuf;

namespace Microsoft.ML.Conformer.Onnx.Format;

/// <summary>
/// The outputs and the float constants of an ONNX file that is in memory, found by name; nothing is copied until it is read.
/// </summary>
internal sealed class OnnxFileContents
{
    // Field numbers of onnx.proto: ModelProto.graph, those of GraphProto, ValueInfoProto.name, and those of TensorProto.
    private const int GraphField = 7, InitializerField = 5, OutputField = 12, ValueNameField = 1, DimensionsField = 1, TypeField = 2,
        NameField = 8, RawDataField = 9;

    private readonly byte[] _file;
    private readonly Dictionary<string, Entry> _tensors = new(StringComparer.Ordinal);

    /// <exception cref="FormatException">The bytes are no ONNX file.</exception>
    public OnnxFileContents(byte[] file)
    {
        _file = file;
        try
        {
            var outputs = new List<string>();
            foreach (var graph in Messages(0, file.Length, GraphField))
            {
                foreach (var tensor in Messages(graph.Start, graph.Length, InitializerField))
                    Add(tensor.Start, tensor.Length);
                foreach (var output in Messages(graph.Start, graph.Length, OutputField))
                    outputs.AddRange(Messages(output.Start, output.Length, ValueNameField).Select(Text));
            }
            Outputs = outputs;
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new FormatException($"It is no ONNX file, or a damaged one: {e.Message}", e);
        }
    }

    /// <summary>Names of the graph's outputs.</summary>
    public IReadOnlyList<string> Outputs { get; }

    /// <summary>Whether there is a float tensor of this name.</summary>
    public bool Contains(string name) => _tensors.ContainsKey(name);

    /// <exception cref="KeyNotFoundException">There is no float tensor of this name.</exception>
    public IReadOnlyList<long> Shape(string name) => _tensors[name].Shape;

    /// <summary>The values in row-major order, inside the file; they need not be aligned.</summary>
    /// <exception cref="KeyNotFoundException">There is no float tensor of this name.</exception>
    public float[] Read(string name)
    {
        var entry = _tensors[name];
        var values = new float[entry.Length / sizeof(float)];
        _file.AsSpan(entry.Start, entry.Length).CopyTo(MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    private string Text((int Start, int Length) content) => Encoding.UTF8.GetString(_file, content.Start, content.Length);

    private void Add(int start, int length)
    {
        var (name, shape, type) = ("", new List<long>(), 0);
        (int Start, int Length) data = default;
        var fields = new CodedInputStream(_file, start, length);
        while (fields.ReadTag() is var tag and not 0)
        {
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case DimensionsField when WireFormat.GetTagWireType(tag) == WireFormat.WireType.Varint:
                    shape.Add(fields.ReadInt64());
                    break;
                case TypeField:
                    type = fields.ReadInt32();
                    break;
                case NameField:
                    name = fields.ReadString();
                    break;
                case RawDataField:
                    data = Content(ref fields, start, length);
                    break;
                default:
                    fields.SkipLastField();
                    break;
            }
        }
        var count = shape.Aggregate(1L, (size, dimension) => unchecked(size * dimension));
        if (type == (int)OnnxElementType.Float && data.Length == count * sizeof(float))
            _tensors[name] = new Entry(shape, data.Start, data.Length);
    }

    /// <summary>Where in the file the messages of a field are that stand in a message.</summary>
    private List<(int Start, int Length)> Messages(int start, int length, int field)
    {
        var found = new List<(int, int)>();
        var fields = new CodedInputStream(_file, start, length);
        while (fields.ReadTag() is var tag and not 0)
        {
            if (WireFormat.GetTagFieldNumber(tag) == field)
                found.Add(Content(ref fields, start, length));
            else
                fields.SkipLastField();
        }
        return found;
    }

    /// <summary>
    /// Where the content of the field is whose tag was just read from a message; <paramref name="fields"/> then stands behind it.
    /// </summary>
    private (int Start, int Length) Content(ref CodedInputStream fields, int start, int length)
    {
        var size = fields.ReadLength();
        // Streams over an array count their position from the array's start.
        var content = (int)fields.Position;
        if (size < 0 || size > start + length - content)
            throw new FormatException("It is no ONNX file, or a damaged one: a field is longer than the message that it stands in.");
        fields = new CodedInputStream(_file, content + size, start + length - content - size);
        return (content, size);
    }

    private sealed record Entry(IReadOnlyList<long> Shape, int Start, int Length);
}
