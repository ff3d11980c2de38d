namespace Microsoft.ML.Conformer.Onnx.Graph.Conformer;

internal sealed class ConformerGraph(ConformerArchitecture architecture) : INetworkGraph
{
    public string Name => "Conformer";

    public string FeatureMap(int level) =>
        architecture.BlockOf(level) is var block && block == 1 ? "conv_1.relu" : $"conv_trans_{block}.fusion_block.relu";

    public NetworkBody Build(GraphBuilder graph, RequiredWeights weights, GraphInput input) =>
        new ConformerBody(architecture, graph, weights, input).Build(FeatureMap);
}
