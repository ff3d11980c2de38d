using System.Runtime.InteropServices;
using Google.Protobuf;

namespace Microsoft.ML.Conformer.Models.Loading;

/// <summary>
/// The graph of an ONNX file, held against one that this library makes: nothing but the weights' values is taken from the file, and a file
/// of another graph is refused, so that a stranger's graph never runs.
/// </summary>
internal sealed class StoredGraph(OnnxContent file, CancellationToken cancellation)
{
    /// <summary>Room for files that other programs wrote again, whose encoding may be longer.</summary>
    private const int StructureFactor = 2, StructureSlack = 1 << 16;

    /// <summary>The name and the content of the file with the larger weights, where there is one.</summary>
    public (string Name, ByteSource Source)? ExternalData { get; init; }

    /// <summary>Whether some of the weights are scales of 8-bit numbers.</summary>
    public bool HoldsScales { get; init; }

    /// <summary>A network of more layers or weights than the file can hold is not built.</summary>
    public void ThrowIfTooSmall(IEnumerable<NetworkLayer> network)
    {
        // Each layer has a tensor, but norms, which are folded into the layers beside them. A weight takes at least a byte.
        var (layers, weights) = (2L * file.Tensors.Count, file.Source.Length + (ExternalData?.Source.Length ?? 0));
        foreach (var layer in network)
        {
            cancellation.ThrowIfCancellationRequested();
            weights -= layer.Tensors.Where(tensor => tensor.Shape.Count > 1).Sum(tensor => tensor.Count);
            if (--layers < 0 || weights < 0 || layer.Tensors.Any(tensor => tensor.Count > Array.MaxLength))
                throw Another(
                    $"a file of {file.Tensors.Count} tensors in {file.Source.Length:N0} bytes cannot hold the network that its " +
                    "metadata tells of");
        }
    }

    /// <summary>A graph with the file's weights and metadata; the weights are read when it is written, and found finite.</summary>
    /// <param name="expected">What the file's graph must be, whatever its weights and metadata.</param>
    /// <param name="removableOutputs">What the file's graph may have as outputs beyond that; the result does not.</param>
    /// <exception cref="FormatException">The file holds another graph.</exception>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public OnnxModel As(OnnxModel expected, HashSet<string> removableOutputs)
    {
        var model = expected with
        {
            ProducerVersion = file.Header.ProducerVersion,
            Metadata = [.. file.Header.MetadataProps.Select(entry => KeyValuePair.Create(entry.Key, entry.Value))],
        };
        if (!OnnxModelWriter.Header(model).Equals(file.Header))
            throw Another("its version, its sets of operators or fields beside its graph differ");
        CheckStructure(model, removableOutputs);
        return model with { Initializers = Tensors(model) };
    }

    private void CheckStructure(OnnxModel model, HashSet<string> removableOutputs)
    {
        var expected = OnnxModelWriter.GraphWithoutTensors(model);
        var length = expected.CalculateSize();
        if (file.Structure.Length > length * StructureFactor + StructureSlack)
            throw Another($"its graph takes {file.Structure.Length:N0} bytes beside the weights, where {length:N0} are expected");
        if (file.Structure.Length == length && expected.ToByteArray().AsSpan().SequenceEqual(file.Structure.Span))
            return;
        var found = OnnxFile.Parse(GraphProto.Parser, file.Structure.ToArray());
        bool IsAdded(ValueInfoProto output) => removableOutputs.Contains(output.Name) && !expected.Output.Contains(output);
        foreach (var output in found.Output.Where(IsAdded).ToList())
            found.Output.Remove(output);
        if (!expected.Equals(found))
            throw Another(GraphDifference.Between(expected, found));
    }

    private OnnxInitializer[] Tensors(OnnxModel model)
    {
        var external = ExternalData is { } data ? new OnnxExternalData(data.Name, model) : null;
        OnnxInitializer[] tensors = [.. model.Initializers.Select(tensor => Stored(tensor, external))];
        return tensors.Length == file.Tensors.Count
            ? tensors
            : throw Another($"it has {file.Tensors.Count} tensors, where {tensors.Length} are expected");
    }

    private OnnxInitializer Stored(OnnxInitializer expected, OnnxExternalData? external)
    {
        cancellation.ThrowIfCancellationRequested();
        var found = Find(expected.Name);
        if (!OnnxModelWriter.TensorWithoutValues(expected, external).Equals(found.Message))
            throw Another(GraphDifference.Between(expected, found.Message));
        var isExternal = external?.Holds(expected) == true;
        if (found.Length != (isExternal ? 0 : expected.ByteLength))
            throw Another($"'{expected.Name}' has {found.Length:N0} bytes where {expected.ByteLength:N0} are expected");
        var (source, offset) = isExternal ? (ExternalData!.Value.Source, external!.OffsetOf(expected)) : (file.Source, found.Offset);
        return expected.IsWeight ? FromFile(expected, source, offset) : Same(expected, source, offset);
    }

    private OnnxInitializer FromFile(OnnxInitializer expected, ByteSource source, long offset)
    {
        if (expected.Type == OnnxElementType.Float)
            return new OnnxInitializer(
                expected.Name, expected.Shape, new WeightTensor(expected.ByteLength / sizeof(float), ReadFloats))
            { IsWeight = true };
        return new OnnxInitializer(expected.Name, expected.Type, expected.Shape, Copy) { IsWeight = true };

        void ReadFloats(Span<float> values)
        {
            source.Read(offset, MemoryMarshal.AsBytes(values));
            if (HoldsScales && QuantizedGraph.IsScale(expected.Name) &&
                values.ContainsAnyExceptInRange(float.Epsilon, float.MaxValue))
                throw new FormatException($"'{expected.Name}' holds what is no scale: one must be positive and finite.");
        }

        void Copy(Stream destination) => source.ReadInParts(offset, expected.ByteLength, part =>
        {
            if (expected.Type == OnnxElementType.Float16)
                foreach (var value in MemoryMarshal.Cast<byte, Half>(part))
                    if (!Half.IsFinite(value))
                        throw new FormatException($"'{expected.Name}' holds {value}; a network with such weights cannot be used.");
            destination.Write(part);
        });
    }

    /// <summary>A constant that follows from the architecture must have the values that follow.</summary>
    private OnnxInitializer Same(OnnxInitializer expected, ByteSource source, long offset)
    {
        using var values = new MemoryStream();
        expected.WriteValues(values);
        var found = new byte[values.Length];
        source.Read(offset, found);
        return found.AsSpan().SequenceEqual(values.GetBuffer().AsSpan(0, found.Length))
            ? expected
            : throw Another($"'{expected.Name}' has other values than it must have");
    }

    /// <summary>A tensor of the file.</summary>
    public OnnxStoredTensor Find(string name) => file.Tensors.TryGetValue(name, out var tensor)
        ? tensor
        : throw Another($"the tensor '{name}' is missing");

    public static FormatException Another(string reason) => new(
        $"Its graph is not the one that this library writes for the network of its metadata: {reason}. Only such graphs are run.");
}
