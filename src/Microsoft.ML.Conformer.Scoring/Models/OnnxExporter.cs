namespace Microsoft.ML.Conformer.Models;

/// <summary>Makes a network an ONNX model for evaluation.</summary>
internal static class OnnxExporter
{
    /// <summary>
    /// The network as a graph in 32-bit floats, its weights yet unread, to be written or first converted to another precision. It takes
    /// "image" (the batch is free) and gives "Score", float [N, C]. The same weights and settings always give the same bytes.
    /// </summary>
    /// <exception cref="OnnxExportException">Tensors are missing or misshapen; while it is written, not finite or too large.</exception>
    internal static OnnxModel Build(VisionArchitecture architecture, IWeightSource weights, OnnxGraphSettings settings) =>
        Build(architecture, new RequiredWeights(weights), settings);

    /// <summary>The graph that any weights of the network would have, all of them zeros.</summary>
    internal static OnnxModel BuildForm(VisionArchitecture architecture, OnnxGraphSettings settings) =>
        Build(architecture, new RequiredWeights(source: null, areFolded: true), settings);

    /// <summary>An exported file's network as another graph: its own constants, but the first layer's weight fits the input.</summary>
    /// <exception cref="OnnxExportException">It has not all weights in 32-bit floats; while the graph is written, as above.</exception>
    internal static OnnxModel Rebuild(OnnxModel stored, OnnxModelMetadata metadata, OnnxGraphSettings settings)
    {
        var model = Build(metadata.Architecture, new RequiredWeights(new ExportedConstants(stored), areFolded: true), settings);
        var first = new GraphLinks(model).FirstLayer.Input[1];
        double[] factors =
        [
            .. GraphInput.Scale(settings.InputKind, settings.Preprocessing)
                .Zip(GraphInput.Scale(metadata.InputKind, metadata.Preprocessing), (scale, stored) => scale / stored),
        ];
        return model with
        {
            Initializers = [.. model.Initializers.Select(tensor => tensor.Name == first ? ScaleInputs(tensor, factors) : tensor)],
        };
    }

    private static OnnxInitializer ScaleInputs(OnnxInitializer weight, double[] factors) =>
        new(weight.Name, weight.Shape, weight.Floats!.ScaleInputs(factors, kernel: (int)weight.Shape[3]));

    private static OnnxModel Build(VisionArchitecture architecture, RequiredWeights weights, OnnxGraphSettings settings)
    {
        var faults = architecture.Faults().ToList();
        if (faults.Count == 0)
            faults.AddRange(settings.Faults(architecture));
        if (faults.Count > 0)
            throw new ArgumentException("No such network can be exported. " + string.Join(" ", faults), nameof(settings));

        var graph = new GraphBuilder(weights);
        var input = new GraphInput(graph, architecture, settings);
        var network = KnownNetworks.GraphOf(architecture);
        new GraphOutputs(graph, architecture, settings).Add(network.Build(graph, weights, input));
        weights.ThrowIfFaulty();
        return new OnnxModel
        {
            GraphName = network.Name,
            ProducerName = OnnxModel.Producer,
            ProducerVersion = OnnxModelMetadata.CurrentVersion,
            Nodes = graph.Nodes,
            Initializers = graph.Initializers,
            ValueInfos = graph.ValueInfos,
            Inputs = [input.Info()],
            Outputs = graph.Outputs,
            Metadata = OnnxModelMetadata.Of(architecture, settings).ToEntries(),
        };
    }
}
