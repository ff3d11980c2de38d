namespace Microsoft.ML.Conformer.Onnx.Graph;

/// <summary>Builds the part of an ONNX graph that is a network's own: from its input to the logits of its heads.</summary>
internal interface INetworkGraph
{
    string Name { get; }

    /// <summary>Name, inside the graph, of the feature map of one of the architecture's levels, the same in every file.</summary>
    string FeatureMap(int level);

    /// <summary>
    /// Adds the operators up to the heads, which are added when they are asked for: a convolution first, embeddings under the
    /// architecture's names; faulty weights are noted.
    /// </summary>
    NetworkBody Build(GraphBuilder graph, RequiredWeights weights, GraphInput input);
}

/// <summary>Names of the values that a network's graph offers as outputs.</summary>
/// <param name="AddHeads">Adds the heads to the graph, and gives each one's logits, [N, C], in the architecture's order.</param>
/// <param name="FeatureMaps">The maps, by level.</param>
/// <param name="Attentions">The attention weights of each transformer block, in order; empty where there are none.</param>
internal sealed record NetworkBody(
    Func<IReadOnlyList<string>> AddHeads, IReadOnlyList<MapValue> FeatureMaps, IReadOnlyList<AttentionValue> Attentions)
{
    /// <summary>The patches behind the class token; null for a network without one.</summary>
    public PatchTokens? Patches { get; init; }
}

/// <summary>The tokens of an image's patches, which stand behind the class token, row by row.</summary>
/// <param name="Height">Rows of the grid of patches.</param>
/// <param name="Width">Its columns.</param>
/// <param name="MapOf">Adds the tokens beside the feature map of a level to the graph as a map.</param>
internal sealed record PatchTokens(GraphSize Height, GraphSize Width, Func<int, MapValue> MapOf);

/// <summary>A feature map, [N, channels, height, width].</summary>
internal sealed record MapValue(int Level, string Name, int Channels, OnnxDimension Height, OnnxDimension Width);

/// <summary>Attention weights, [sequences heads, T, T]: one sequence for each image, or several.</summary>
internal sealed record AttentionValue(string Name, int Heads, GraphSize Tokens, OnnxDimension Sequences)
{
    /// <summary>Name of the weights as [sequences, heads, T, T], which are added to the graph if they are not there yet.</summary>
    public string PerSequence(GraphBuilder graph) =>
        graph.AddOnce("Reshape", $"{Name}.sequences", [Name, graph.Shape(-1, Heads, Tokens, Tokens)]);
}
