namespace Microsoft.ML.Conformer.Onnx.Graph.ConTNet;

internal sealed class ConTNetGraph(ConTNetArchitecture architecture) : INetworkGraph
{
    public string Name => "ConTNet";

    public string FeatureMap(int level)
    {
        var block = architecture.Blocks().Last(block => block.StageIndex == level - 2);
        return block.IsLast ? block.Name : ConTNetBody.Encoded(block);
    }

    public NetworkBody Build(GraphBuilder graph, RequiredWeights weights, GraphInput input) =>
        new ConTNetBody(architecture, graph, weights, input).Build();
}
