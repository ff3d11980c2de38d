using Google.Protobuf;

namespace Microsoft.ML.Conformer.Onnx.Format;

/// <summary>
/// An ONNX file taken apart as data, with nothing run and no weight read: what it says of itself, its graph without the tensors' values,
/// and where in the file these are. What a file may ask of its reader is bounded before it is read.
/// </summary>
internal sealed class OnnxContent
{
    private const int
        MaxStructureBytes = 64 << 20, // all but the tensors' values; the largest networks have some MB
        MaxHeaderBytes = 16 << 20, // metadata, which are held several times while they are read: names of a million classes
        MaxTensors = 200_000,
        MaxHeaderFields = 1000,
        MaxEnds = 4096, MaxEndsBytes = 4 << 20, // inputs and outputs
        MaxTensorBytes = 1 << 10; // a tensor's name, shape and place; parsed, its fields take more memory than in the file

    private readonly OnnxFields _fields;
    private readonly MemoryStream _header = new(), _structure = new(), _ends = new();
    private readonly Dictionary<string, OnnxStoredTensor> _tensors = new(StringComparer.Ordinal);
    private (int Header, int Ends) _counts;
    private (long Offset, string Value)? _checksum;

    private OnnxContent(ByteSource source, CancellationToken cancellation)
    {
        (Source, _fields) = (source, new OnnxFields(source));
        if (source.Length == 0)
            throw new FormatException("It is empty.");
        if (source.Length > OnnxModelWriter.MaxModelBytes)
            throw new FormatException($"It has {source.Length:N0} bytes; an ONNX file in one piece has at most 2 GB.");
        foreach (var field in _fields.Of(0, source.Length))
            if (field is { Number: ModelProto.GraphFieldNumber, IsMessage: true })
                ReadGraph(field, cancellation);
            else
                ReadHeader(field);
        Header = OnnxFile.Parse(ModelProto.Parser, _header.ToArray());
        var ends = OnnxFile.Parse(GraphProto.Parser, _ends.ToArray());
        (Inputs, Outputs) = (ends.Input, ends.Output);
        Metadata = ReadMetadata();
    }

    /// <summary>The bytes of the file.</summary>
    public ByteSource Source { get; }

    /// <summary>The file's message without its graph and its checksum.</summary>
    public ModelProto Header { get; }

    public IReadOnlyList<ValueInfoProto> Inputs { get; }

    public IReadOnlyList<ValueInfoProto> Outputs { get; }

    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The tensors by their names, their values yet unread.</summary>
    public IReadOnlyDictionary<string, OnnxStoredTensor> Tensors => _tensors;

    /// <summary>The graph's message without its tensors, as it stands in the file.</summary>
    public ReadOnlyMemory<byte> Structure => _structure.GetBuffer().AsMemory(0, (int)_structure.Length);

    /// <exception cref="FormatException">It is no ONNX file, or asks for more than any network of this library's does.</exception>
    /// <exception cref="OperationCanceledException">The reading was canceled.</exception>
    public static OnnxContent Read(ByteSource source, CancellationToken cancellation = default) => new(source, cancellation);

    public static OnnxContent Read(byte[] onnx) => Read(ByteSource.FromMemory("the model", onnx));

    /// <summary>Finds damage: files of earlier versions have no checksum and pass.</summary>
    public void VerifyChecksum(CancellationToken cancellation)
    {
        if (_checksum is not { } expected)
            return;
        if (expected.Offset + OnnxChecksum.Length != Source.Length)
            throw new FormatException("Its checksum is not its end: it is damaged, or another program has changed it. Get it anew.");
        var hashed = new ChecksumStream(Stream.Null);
        Source.ReadInParts(0, expected.Offset, part =>
        {
            cancellation.ThrowIfCancellationRequested();
            hashed.Write(part);
        });
        if (hashed.Checksum != expected.Value)
            throw new FormatException(
                "Its checksum is wrong: it is damaged, or another program has changed it. Get it anew. A file that was changed on " +
                $"purpose opens once its metadata has no entry '{OnnxChecksum.Key}' any more.");
    }

    private void ReadHeader(OnnxField field)
    {
        if (++_counts.Header > MaxHeaderFields)
            throw new FormatException($"It has more than {MaxHeaderFields} fields beside its graph.");
        if (field is { Number: ModelProto.MetadataPropsFieldNumber } && field.Length == OnnxChecksum.Length)
        {
            var bytes = new byte[OnnxChecksum.Length];
            _fields.Read(field, bytes);
            if (OnnxChecksum.Read(bytes) is { } checksum)
            {
                _checksum = _checksum is null ? (field.Start, checksum) : throw new FormatException("It has two checksums.");
                return;
            }
        }
        Copy(field, _header, MaxHeaderBytes, "Its metadata take");
    }

    private void ReadGraph(OnnxField graph, CancellationToken cancellation)
    {
        foreach (var field in _fields.Of(graph.Content, graph.End))
        {
            cancellation.ThrowIfCancellationRequested();
            if (field is { Number: GraphProto.InitializerFieldNumber, IsMessage: true })
            {
                ReadTensor(field);
                continue;
            }
            Copy(field, _structure, MaxStructureBytes, "Its operators take");
            if (field.Number is not (GraphProto.InputFieldNumber or GraphProto.OutputFieldNumber))
                continue;
            if (++_counts.Ends > MaxEnds)
                throw new FormatException($"Its graph has more than {MaxEnds} inputs and outputs.");
            Copy(field, _ends, MaxEndsBytes, "Its inputs and outputs take");
        }
    }

    private void ReadTensor(OnnxField tensor)
    {
        if (_tensors.Count == MaxTensors)
            throw new FormatException($"It has more than {MaxTensors:N0} tensors.");
        using var message = new MemoryStream();
        OnnxField? values = null;
        foreach (var field in _fields.Of(tensor.Content, tensor.End))
            if (field is not { Number: TensorProto.RawDataFieldNumber, IsMessage: true })
                Copy(field, message, MaxTensorBytes, "The name and the shape of a tensor take");
            else
                values = values is null ? field : throw new FormatException("A tensor has its values twice.");
        var stored = OnnxFile.Parse(TensorProto.Parser, message.ToArray());
        var (offset, length) = values is { } raw ? (raw.Content, raw.End - raw.Content) : (0, 0);
        if (!_tensors.TryAdd(stored.Name, new OnnxStoredTensor(stored, offset, length)))
            throw new FormatException($"It has two tensors named '{VisibleText.Of(stored.Name)}'.");
    }

    private void Copy(OnnxField field, MemoryStream destination, long limit, string what)
    {
        if (destination.Length + field.Length > limit)
            throw new FormatException($"{what} more than {limit:N0} bytes.");
        var start = (int)destination.Length;
        destination.SetLength(start + field.Length);
        _fields.Read(field, destination.GetBuffer().AsSpan(start, (int)field.Length));
    }

    private Dictionary<string, string> ReadMetadata()
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in Header.MetadataProps)
            if (entry.Key == OnnxChecksum.Key)
                throw new FormatException("Its checksum is damaged. Get the file anew.");
            else if (!metadata.TryAdd(entry.Key, entry.Value))
                throw new FormatException($"Its metadata has two entries '{VisibleText.Of(entry.Key)}'.");
        return metadata;
    }
}

/// <summary>A tensor of a file: its message without values, and where in the file these are, in bytes.</summary>
internal sealed record OnnxStoredTensor(TensorProto Message, long Offset, long Length);
