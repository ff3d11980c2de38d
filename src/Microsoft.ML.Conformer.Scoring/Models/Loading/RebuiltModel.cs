using System.Runtime.InteropServices;
using Google.Protobuf;

namespace Microsoft.ML.Conformer.Models.Loading;

/// <summary>
/// The network of an ONNX file as this library writes it: the graph is built anew from what the file says of its network, and nothing but
/// the weights' values is taken from the file. A file of another graph is refused, so that a stranger's graph never runs.
/// </summary>
internal sealed class RebuiltModel
{
    /// <summary>Room for files that other programs wrote again, whose encoding may be longer.</summary>
    private const int StructureFactor = 2, StructureSlack = 1 << 16;

    private readonly OnnxContent _file;
    private readonly OnnxModelMetadata _metadata;
    private readonly ByteSource? _externalData;
    private readonly CancellationToken _cancellation;

    private RebuiltModel(OnnxContent file, OnnxModelMetadata metadata, ByteSource? externalData, CancellationToken cancellation) =>
        (_file, _metadata, _externalData, _cancellation) = (file, metadata, externalData, cancellation);

    /// <summary>The network; its weights are read from the file when it is written, and found finite.</summary>
    /// <param name="file">The file.</param>
    /// <param name="metadata">What it says of itself, found possible.</param>
    /// <param name="externalData">The file with the larger weights, where they are in one; it may be read.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="FormatException">The file holds another graph than this library writes for such a network.</exception>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public static OnnxModel Of(
        OnnxContent file, OnnxModelMetadata metadata, ByteSource? externalData = null, CancellationToken cancellation = default) =>
        new RebuiltModel(file, metadata, externalData, cancellation).Build();

    private OnnxModel Build()
    {
        var settings = Settings();
        if (settings.Faults(_metadata.Architecture).ToList() is { Count: > 0 } faults)
            throw new FormatException("What it gives and what it says of itself do not fit: " + string.Join(" ", faults));
        CheckSize(settings);
        var model = InPrecision(OnnxExporter.BuildForm(_metadata.Architecture, settings)) with
        {
            ProducerVersion = _file.Header.ProducerVersion,
            Metadata = [.. _file.Header.MetadataProps.Select(entry => KeyValuePair.Create(entry.Key, entry.Value))],
        };
        if (!OnnxModelWriter.Header(model).Equals(_file.Header))
            throw Another("its version, its sets of operators or fields beside its graph differ");
        CheckStructure(model);
        return model with { Initializers = Tensors(model) };
    }

    /// <summary>What the file's inputs and outputs say of how it was exported.</summary>
    private OnnxGraphSettings Settings()
    {
        var outputs = _file.Outputs.Select(output => output.Name).ToHashSet();
        var architecture = _metadata.Architecture;
        OnnxOutputs If(bool isThere, OnnxOutputs kind) => isThere ? kind : OnnxOutputs.None;
        var additional = If(architecture.Heads.Any(head => outputs.Contains(head.LogitsName)), OnnxOutputs.HeadLogits)
            | If(architecture.Heads.All(head => outputs.Contains(head.EmbeddingName)), OnnxOutputs.Embeddings)
            | If(architecture.FeatureLevels.Any(level => outputs.Contains(GraphNames.FeatureMap(level))), OnnxOutputs.FeatureMaps)
            | If(outputs.Contains("attention_1"), OnnxOutputs.AttentionMaps)
            | If(outputs.Contains(GraphNames.ClassActivationMaps), OnnxOutputs.ClassActivationMaps)
            | If(outputs.Contains(GraphNames.Rollout), OnnxOutputs.ClassAttention)
            | If(architecture.FeatureLevels.Any(level => outputs.Contains(GraphNames.TokenMap(level))), OnnxOutputs.TokenMaps);
        var top = _file.Outputs.FirstOrDefault(output => output.Name == GraphNames.TopScores);
        var isPhoto = _metadata.InputKind == OnnxInputKind.PhotosNhwc;
        return new OnnxGraphSettings
        {
            ImageHeight = _metadata.ImageHeight,
            ImageWidth = _metadata.ImageWidth,
            InputKind = _metadata.InputKind,
            Preprocessing = _metadata.Preprocessing,
            IncludeClassIndex = outputs.Contains(GraphNames.ClassIndex),
            Options = new OnnxExportOptions
            {
                DynamicImageSize = !isPhoto && _file.Inputs.Any(
                    input => GraphDifference.Dimensions(input).Skip(1).Any(size => size.HasDimParam)),
                IncludePreprocessing = isPhoto,
                IncludePredictedLabel = outputs.Contains(GraphNames.PredictedLabel),
                TopK = top is null ? null
                    : (int)Math.Clamp(GraphDifference.Dimensions(top).LastOrDefault()?.DimValue ?? 0, 0, int.MaxValue),
                AdditionalOutputs = additional,
            },
            Labels = _metadata.Labels,
            LabelType = _metadata.LabelType,
            IncludeSlotNames = _file.Structure.Span.IndexOf("mlnet.Score.SlotNames"u8) >= 0,
        };
    }

    /// <summary>A network of more layers or weights than the file can hold is not built.</summary>
    private void CheckSize(OnnxGraphSettings settings)
    {
        // Each layer has a tensor, but norms, which are folded into the layers beside them. A weight takes at least a byte.
        var (layers, weights) = (2L * _file.Tensors.Count, _file.Source.Length + (_externalData?.Length ?? 0));
        foreach (var layer in _metadata.Architecture.Layers(settings.ImageHeight, settings.ImageWidth))
        {
            _cancellation.ThrowIfCancellationRequested();
            weights -= layer.Tensors.Where(tensor => tensor.Shape.Count > 1).Sum(tensor => tensor.Count);
            if (--layers < 0 || weights < 0 || layer.Tensors.Any(tensor => tensor.Count > Array.MaxLength))
                throw Another(
                    $"a file of {_file.Tensors.Count} tensors in {_file.Source.Length:N0} bytes cannot hold the network that its " +
                    "metadata tells of");
        }
    }

    private OnnxModel InPrecision(OnnxModel model)
    {
        switch (_metadata.Precision)
        {
            case OnnxPrecision.Float16:
                return Float16Graph.Build(model);
            case OnnxPrecision.Int8:
                var links = new GraphLinks(model);
                var isFirstStored = _file.Tensors.ContainsKey(QuantizedWeight.StoredName(links.FirstLayer.Input[1]));
                var plan = isFirstStored ? new QuantizationPlan(model) : QuantizationPlan.Careful(model);
                return QuantizedGraph.Build(model, plan, plan.Measured.ToDictionary(value => value, ActivationOf));
            default:
                return model;
        }
    }

    private ActivationQuantization ActivationOf(string value)
    {
        var (scale, zeroPoint) = (new byte[sizeof(float)], new byte[1]);
        ReadSmall(QuantizedGraph.ScaleName(value), scale);
        ReadSmall(QuantizedGraph.ZeroPointName(value), zeroPoint);
        return new ActivationQuantization(BitConverter.ToSingle(scale), zeroPoint[0]) is { IsUsable: true } quantization
            ? quantization
            : throw Another($"'{QuantizedGraph.ScaleName(value)}' is {BitConverter.ToSingle(scale)}, which is no scale");

        void ReadSmall(string name, byte[] bytes)
        {
            var tensor = Find(name);
            if (tensor.Length != bytes.Length)
                throw Another($"'{name}' has {tensor.Length} bytes where {bytes.Length} are expected");
            _file.Source.Read(tensor.Offset, bytes);
        }
    }

    private void CheckStructure(OnnxModel model)
    {
        var expected = OnnxModelWriter.GraphWithoutTensors(model);
        var length = expected.CalculateSize();
        if (_file.Structure.Length > length * StructureFactor + StructureSlack)
            throw Another($"its graph takes {_file.Structure.Length:N0} bytes beside the weights, where {length:N0} are expected");
        if (_file.Structure.Length == length && expected.ToByteArray().AsSpan().SequenceEqual(_file.Structure.Span))
            return;
        var found = OnnxFile.Parse(GraphProto.Parser, _file.Structure.ToArray());
        // Values inside the network that were made outputs, for features, are made so anew.
        var network = KnownNetworks.GraphOf(_metadata.Architecture);
        HashSet<string> inner =
        [
            .. _metadata.Architecture.Heads.Select(head => head.EmbeddingName),
            .. _metadata.Architecture.FeatureLevels.Select(network.FeatureMap),
        ];
        foreach (var output in found.Output.Where(output => inner.Contains(output.Name) && !expected.Output.Contains(output)).ToList())
            found.Output.Remove(output);
        if (!expected.Equals(found))
            throw Another(GraphDifference.Between(expected, found));
    }

    private OnnxInitializer[] Tensors(OnnxModel model)
    {
        var external = _metadata.ExternalData is { } name ? new OnnxExternalData(name, model) : null;
        OnnxInitializer[] tensors = [.. model.Initializers.Select(tensor => Stored(tensor, external))];
        return tensors.Length == _file.Tensors.Count
            ? tensors
            : throw Another($"it has {_file.Tensors.Count} tensors, where {tensors.Length} are expected");
    }

    private OnnxInitializer Stored(OnnxInitializer expected, OnnxExternalData? external)
    {
        _cancellation.ThrowIfCancellationRequested();
        var found = Find(expected.Name);
        if (!OnnxModelWriter.TensorWithoutValues(expected, external).Equals(found.Message))
            throw Another(GraphDifference.Between(expected, found.Message));
        var isExternal = external?.Holds(expected) == true;
        if (found.Length != (isExternal ? 0 : expected.ByteLength))
            throw Another($"'{expected.Name}' has {found.Length:N0} bytes where {expected.ByteLength:N0} are expected");
        var (source, offset) = isExternal ? (_externalData!, external!.OffsetOf(expected)) : (_file.Source, found.Offset);
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
            if (_metadata.Precision == OnnxPrecision.Int8 && QuantizedGraph.IsScale(expected.Name) &&
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

    private OnnxStoredTensor Find(string name) => _file.Tensors.TryGetValue(name, out var tensor)
        ? tensor
        : throw Another($"the tensor '{name}' is missing");

    private static FormatException Another(string reason) => new(
        $"Its graph is not the one that this library writes for the network of its metadata: {reason}. Only such graphs are run.");
}
