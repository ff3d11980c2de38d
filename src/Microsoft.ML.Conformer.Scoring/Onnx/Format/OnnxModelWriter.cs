using Google.Protobuf;

namespace Microsoft.ML.Conformer.Onnx.Format;

/// <summary>
/// Writes an <see cref="OnnxModel"/>. A message's length stands before its content, so the lengths of tensors are computed from their
/// shapes, and only then are the values made and passed on, one tensor at a time.
/// </summary>
internal static class OnnxModelWriter
{
    /// <summary>Protobuf readers take no message above this size.</summary>
    public const long MaxModelBytes = int.MaxValue;

    public static void Write(Stream destination, OnnxModel model) => Write(destination, model, external: null, CancellationToken.None);

    /// <summary>Writes a model, but for the values of tensors that <paramref name="external"/> holds.</summary>
    public static void Write(Stream destination, OnnxModel model, OnnxExternalData? external, CancellationToken cancellation) =>
        Write(destination, Plan(model, external), cancellation);

    /// <summary>The model as it would be written, in no more memory than it takes.</summary>
    /// <param name="model">The model.</param>
    /// <param name="external">What holds its larger tensors; null for none.</param>
    /// <param name="read">The file that it was read from, which is returned where it has the bytes that would be written.</param>
    /// <param name="cancellation">Ends the writing.</param>
    public static byte[] ToArray(
        OnnxModel model, OnnxExternalData? external = null, byte[]? read = null, CancellationToken cancellation = default)
    {
        var plan = Plan(model, external);
        var length = plan.Header.CalculateSize() + FieldLength(ModelProto.GraphFieldNumber, plan.GraphLength) + OnnxChecksum.Length;
        if (read?.Length == length)
        {
            var comparison = new Comparison(read);
            Write(comparison, plan, cancellation);
            if (comparison.IsSame)
                return read;
        }
        var bytes = new byte[length];
        Write(new MemoryStream(bytes), plan, cancellation);
        return bytes;
    }

    /// <summary>The message of a file without its graph.</summary>
    public static ModelProto Header(OnnxModel model)
    {
        var header = new ModelProto
        {
            IrVersion = OnnxModel.IrVersion,
            ProducerName = model.ProducerName,
            ProducerVersion = model.ProducerVersion,
            OpsetImport = { new OperatorSetIdProto { Version = OnnxModel.OpsetVersion } },
            MetadataProps = { model.Metadata.Select(entry => new StringStringEntryProto { Key = entry.Key, Value = entry.Value }) },
        };
        if (model.Nodes.Any(node => node.Domain == OnnxModel.MachineLearningDomain))
            header.OpsetImport.Add(new OperatorSetIdProto
            {
                Domain = OnnxModel.MachineLearningDomain,
                Version = OnnxModel.MachineLearningOpsetVersion,
            });
        return header;
    }

    /// <summary>The message of a graph without its tensors.</summary>
    public static GraphProto GraphWithoutTensors(OnnxModel model) => new()
    {
        Name = model.GraphName,
        Node = { model.Nodes },
        Input = { model.Inputs },
        Output = { model.Outputs },
        ValueInfo = { model.ValueInfos },
    };

    /// <summary>The message of a tensor without its values.</summary>
    public static TensorProto TensorWithoutValues(OnnxInitializer tensor, OnnxExternalData? external)
    {
        var message = new TensorProto { Name = tensor.Name, DataType = (int)tensor.Type, Dims = { tensor.Shape } };
        if (external?.Holds(tensor) == true)
        {
            message.ExternalData.Add(external.Entries(tensor));
            message.DataLocation = TensorProto.Types.DataLocation.External;
        }
        return message;
    }

    private static FilePlan Plan(OnnxModel model, OnnxExternalData? external)
    {
        var graph = GraphWithoutTensors(model);
        var tensors = model.Initializers.Select(tensor => (
            Message: TensorWithoutValues(tensor, external), Values: external?.Holds(tensor) == true ? null : tensor)).ToList();
        var graphLength = graph.CalculateSize() + tensors.Sum(
            tensor => FieldLength(GraphProto.InitializerFieldNumber, TensorLength(tensor.Message, tensor.Values)));
        return graphLength <= MaxModelBytes
            ? new FilePlan(Header(model), graph, tensors, graphLength)
            : throw new OnnxExportException(
                $"The network takes {graphLength:N0} bytes; an ONNX file without external data holds at most {MaxModelBytes:N0}.");
    }

    private static void Write(Stream destination, FilePlan plan, CancellationToken cancellation)
    {
        var hashed = new ChecksumStream(destination);
        using (var output = new CodedOutputStream(hashed, leaveOpen: true))
        {
            plan.Header.WriteTo(output);
            StartField(output, ModelProto.GraphFieldNumber, plan.GraphLength);
            foreach (var (message, values) in plan.Tensors)
            {
                cancellation.ThrowIfCancellationRequested();
                StartField(output, GraphProto.InitializerFieldNumber, TensorLength(message, values));
                message.WriteTo(output);
                if (values is null)
                    continue;
                StartField(output, TensorProto.RawDataFieldNumber, values.ByteLength);
                output.Flush();
                values.WriteValues(hashed);
            }
            plan.Graph.WriteTo(output);
        }
        destination.Write(OnnxChecksum.Field(hashed.Checksum));
    }

    private static long TensorLength(TensorProto message, OnnxInitializer? values) =>
        message.CalculateSize() + (values is null ? 0 : FieldLength(TensorProto.RawDataFieldNumber, values.ByteLength));

    private static long FieldLength(int field, long length) =>
        CodedOutputStream.ComputeTagSize(field) + CodedOutputStream.ComputeInt64Size(length) + length;

    private static void StartField(CodedOutputStream output, int field, long length)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteLength((int)length);
    }

    private sealed class Comparison(byte[] expected) : WriteOnlyStream
    {
        private int _position;

        public bool IsSame { get; private set; } = true;

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            IsSame = IsSame && buffer.SequenceEqual(expected.AsSpan(_position, buffer.Length));
            _position += buffer.Length;
        }
    }

    /// <summary>A model's messages without the tensors' values (null: they are elsewhere), and the graph's length with them.</summary>
    private sealed record FilePlan(
        ModelProto Header, GraphProto Graph, List<(TensorProto Message, OnnxInitializer? Values)> Tensors, long GraphLength);
}
