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
        MaxTensors = 200_000,
        MaxHeaderFields = 1000,
        MaxEnds = 4096, MaxEndsBytes = 4 << 20, // inputs and outputs
        MaxTensorBytes = 1 << 16; // a tensor's name, shape and place

    private readonly OnnxFields _fields;
    private readonly MemoryStream _header = new(), _structure = new(), _ends = new();
    private readonly Dictionary<string, OnnxStoredTensor> _tensors = new(StringComparer.Ordinal);
    private (int Header, int Ends) _counts;
    private (long Offset, string Value)? _checksum;

    private OnnxContent(ByteSource source)
    {
        (Source, _fields) = (source, new OnnxFields(source));
        if (source.Length > OnnxModelWriter.MaxModelBytes)
            throw new FormatException($"It has {source.Length:N0} bytes; an ONNX file in one piece has at most 2 GB.");
        foreach (var field in _fields.Of(0, source.Length))
            if (field is { Number: ModelProto.GraphFieldNumber, IsMessage: true })
                ReadGraph(field);
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
    public static OnnxContent Read(ByteSource source) => new(source);

    public static OnnxContent Read(byte[] onnx) => new(ByteSource.FromMemory("the model", onnx));

    /// <summary>Finds damage: files of earlier versions have no checksum and pass.</summary>
    public void VerifyChecksum(CancellationToken cancellation)
    {
        if (_checksum is not { } expected)
            return;
        var hashed = new ChecksumStream(Stream.Null);
        var chunk = new byte[CheckpointLimits.ChunkBytes];
        for (var offset = 0L; offset < expected.Offset; offset += chunk.Length)
        {
            cancellation.ThrowIfCancellationRequested();
            var part = chunk.AsSpan(0, (int)Math.Min(chunk.Length, expected.Offset - offset));
            Source.Read(offset, part);
            hashed.Write(part);
        }
        if (hashed.Checksum != expected.Value)
            throw new FormatException(
                "Its checksum is wrong: it is damaged, or another program has changed it. Get it anew. A file that was changed on purpose " +
                $"opens once its metadata has no entry '{OnnxChecksum.Key}' any more.");
    }

    private void ReadHeader(OnnxField field)
    {
        if (++_counts.Header > MaxHeaderFields)
            throw new FormatException($"It has more than {MaxHeaderFields} fields beside its graph.");
        if (field is { Number: ModelProto.MetadataPropsFieldNumber } && field.Length == OnnxChecksum.Length)
        {
            var bytes = new byte[OnnxChecksum.Length];
            Source.Read(field.Start, bytes);
            if (OnnxChecksum.Read(bytes) is { } checksum)
            {
                _checksum = _checksum is null ? (field.Start, checksum) : throw new FormatException("It has two checksums.");
                return;
            }
        }
        Copy(field, _header, MaxStructureBytes, "metadata");
    }

    private void ReadGraph(OnnxField graph)
    {
        foreach (var field in _fields.Of(graph.Content, graph.End))
        {
            if (field is { Number: GraphProto.InitializerFieldNumber, IsMessage: true })
            {
                ReadTensor(field);
                continue;
            }
            Copy(field, _structure, MaxStructureBytes, "operators");
            if (field.Number is not (GraphProto.InputFieldNumber or GraphProto.OutputFieldNumber))
                continue;
            if (++_counts.Ends > MaxEnds)
                throw new FormatException($"Its graph has more than {MaxEnds} inputs and outputs.");
            Copy(field, _ends, MaxEndsBytes, "inputs and outputs");
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
                Copy(field, message, MaxTensorBytes, "shape of a tensor");
            else
                values = values is null ? field : throw new FormatException("A tensor has its values twice.");
        var stored = OnnxFile.Parse(TensorProto.Parser, message.ToArray());
        if (!_tensors.TryAdd(stored.Name, new OnnxStoredTensor(stored, values?.Content ?? 0, values is { } raw ? raw.End - raw.Content : 0)))
            throw new FormatException($"It has two tensors named '{VisibleText.Of(stored.Name)}'.");
    }

    private void Copy(OnnxField field, MemoryStream destination, long limit, string what)
    {
        if (destination.Length + field.Length > limit)
            throw new FormatException($"Its {what} take more than {limit:N0} bytes.");
        var start = (int)destination.Length;
        destination.SetLength(start + field.Length);
        destination.Position = destination.Length;
        Source.Read(field.Start, destination.GetBuffer().AsSpan(start, (int)field.Length));
    }

    private Dictionary<string, string> ReadMetadata()
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in Header.MetadataProps)
            if (!metadata.TryAdd(entry.Key, entry.Value))
                throw new FormatException($"Its metadata has two entries '{VisibleText.Of(entry.Key)}'.");
        return metadata;
    }
}

/// <summary>A tensor of a file: its message without values, and where in the file these are, in bytes.</summary>
internal sealed record OnnxStoredTensor(TensorProto Message, long Offset, long Length);
