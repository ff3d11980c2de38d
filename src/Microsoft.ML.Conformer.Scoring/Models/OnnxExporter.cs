using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Onnx;
using Microsoft.ML.Conformer.Onnx.Format;
using Microsoft.ML.Conformer.Onnx.Graph;

namespace Microsoft.ML.Conformer.Models;

/// <summary>Makes a network an ONNX model for evaluation.</summary>
internal static class OnnxExporter
{
    /// <summary>
    /// The network as a graph in 32-bit floats, its weights yet unread, to be written by <see cref="OnnxModelWriter"/> or
    /// <see cref="OnnxFile"/>, or first converted to another <see cref="OnnxPrecision"/>. It takes "image" (see
    /// <see cref="OnnxInputKind"/>; the batch is dynamic) and gives "Score", float [N, C]: the softmax of the heads' summed logits. The
    /// same weights and settings always give the same bytes.
    /// </summary>
    /// <param name="architecture">The network's shape.</param>
    /// <param name="weights">Its tensors under the official state-dict names; read one at a time while the graph is written.</param>
    /// <param name="settings">Inputs, outputs and what is recorded.</param>
    /// <exception cref="ArgumentException">The architecture or the settings have faults; the message lists all.</exception>
    /// <exception cref="OnnxExportException">
    /// Tensors are missing or misshapen: all are named. While the graph is written: a weight is not finite, or a file in one piece would
    /// exceed 2 GB.
    /// </exception>
    internal static OnnxModel Build(VisionArchitecture architecture, IWeightSource weights, OnnxGraphSettings settings)
    {
        var faults = architecture.Faults().ToList();
        if (faults.Count == 0)
            faults.AddRange(settings.Faults(architecture));
        if (faults.Count > 0)
            throw new ArgumentException("No such network can be exported. " + string.Join(" ", faults), nameof(settings));

        var required = new RequiredWeights(weights);
        var graph = new GraphBuilder();
        var input = new GraphInput(graph, architecture, settings);
        var network = KnownNetworks.GraphOf(architecture);
        new GraphOutputs(graph, architecture, settings).Add(network.Build(graph, required, input));
        required.ThrowIfFaulty();
        return new OnnxModel
        {
            GraphName = network.Name,
            ProducerName = "Microsoft.ML.Conformer",
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
