namespace Microsoft.ML.Conformer.Onnx.Graph;

/// <summary>Builds the part of an ONNX graph that is a network's own: from its input to the logits of its heads.</summary>
internal interface INetworkGraph
{
    /// <summary>The graph's name.</summary>
    string Name { get; }

    /// <summary>Name, inside the graph, of a feature map, the same in every file.</summary>
    /// <param name="level">One of the architecture's levels.</param>
    string FeatureMap(int level);

    /// <summary>
    /// Adds the network's operators for evaluation. The first convolution is its first layer, and each head's embedding has the name that
    /// the architecture gives it.
    /// </summary>
    /// <param name="graph">Receives the operators.</param>
    /// <param name="weights">The network's tensors, yet unread; what is wrong with them is noted there.</param>
    /// <param name="input">The images.</param>
    NetworkBody Build(GraphBuilder graph, RequiredWeights weights, GraphInput input);
}

/// <summary>Names of the values that a network's graph offers as outputs.</summary>
/// <param name="Logits">Each head's logits, [N, C], in the architecture's order.</param>
/// <param name="FeatureMaps">The maps, by level.</param>
/// <param name="Attentions">The attention weights of each transformer block, in order; empty where there are none.</param>
internal sealed record NetworkBody(
    IReadOnlyList<string> Logits, IReadOnlyList<MapValue> FeatureMaps, IReadOnlyList<AttentionValue> Attentions);

/// <summary>A feature map, [N, channels, height, width].</summary>
internal sealed record MapValue(int Level, string Name, int Channels, OnnxDimension Height, OnnxDimension Width);

/// <summary>Attention weights, [N, heads, T, T].</summary>
internal sealed record AttentionValue(string Name, int Heads, OnnxDimension Tokens);
