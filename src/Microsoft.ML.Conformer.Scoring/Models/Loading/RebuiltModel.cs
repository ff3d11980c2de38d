namespace Microsoft.ML.Conformer.Models.Loading;

/// <summary>
/// The network of an ONNX file as this library writes it: the graph is built anew from what the file says of its network, and nothing but
/// the weights' values is taken from the file. A file of another graph is refused, so that a stranger's graph never runs.
/// </summary>
internal sealed class RebuiltModel
{
    private readonly OnnxContent _file;
    private readonly OnnxModelMetadata _metadata;
    private readonly StoredGraph _stored;

    private RebuiltModel(OnnxContent file, OnnxModelMetadata metadata, ByteSource? externalData, CancellationToken cancellation) =>
        (_file, _metadata, _stored) = (file, metadata, new StoredGraph(file, cancellation)
        {
            ExternalData = metadata.ExternalData is { } name ? (name, externalData!) : null,
            HoldsScales = metadata.Precision == OnnxPrecision.Int8,
        });

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
        _stored.ThrowIfTooSmall(_metadata.Architecture.Layers(settings.ImageHeight, settings.ImageWidth));
        // Values inside the network that were made outputs, for features, are made so anew.
        var (architecture, network) = (_metadata.Architecture, KnownNetworks.GraphOf(_metadata.Architecture));
        return _stored.As(
            InPrecision(OnnxExporter.BuildForm(architecture, settings)),
            [.. architecture.Heads.Select(head => head.EmbeddingName), .. architecture.FeatureLevels.Select(network.FeatureMap)]);
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
            : throw StoredGraph.Another($"'{QuantizedGraph.ScaleName(value)}' is {BitConverter.ToSingle(scale)}, which is no scale");

        void ReadSmall(string name, byte[] bytes)
        {
            var tensor = _stored.Find(name);
            if (tensor.Length != bytes.Length)
                throw StoredGraph.Another($"'{name}' has {tensor.Length} bytes where {bytes.Length} are expected");
            _file.Source.Read(tensor.Offset, bytes);
        }
    }
}
