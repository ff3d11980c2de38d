namespace Microsoft.ML.Conformer.Onnx.Graph;

/// <summary>The outputs of a graph, the same for all networks: the scores, and what was asked for beside them.</summary>
internal sealed class GraphOutputs(GraphBuilder graph, VisionArchitecture architecture, OnnxGraphSettings settings)
{
    private OnnxOutputs Additional => settings.Options.AdditionalOutputs;

    public void Add(NetworkBody body)
    {
        var (batch, classes) = (OnnxDimension.Batch, architecture.NumClasses);
        var heads = body.AddHeads();
        var logits = heads.Count == 1
            ? graph.Add("Identity", GraphNames.Logits, heads)
            : graph.Add(heads.Count == 2 ? "Add" : "Sum", GraphNames.Logits, heads);
        graph.Add("Softmax", GraphNames.Score, [logits], new OnnxAttribute("axis", -1L));
        graph.Output(GraphNames.Score, OnnxElementType.Float, batch, classes);
        if (settings.IncludeClassIndex)
        {
            LabelOutputs.AddArgMax(graph, GraphNames.ClassIndex, logits, keepDimension: true);
            graph.Output(GraphNames.ClassIndex, OnnxElementType.Int64, batch, 1);
        }
        if (Additional.HasFlag(OnnxOutputs.HeadLogits))
            foreach (var (head, value) in architecture.Heads.Zip(heads))
                graph.Expose(head.LogitsName, value, batch, classes);
        if (settings.Labels is { } labels)
            new LabelOutputs(graph, labels, settings).Add();
        if (Additional.HasFlag(OnnxOutputs.Embeddings))
            foreach (var head in architecture.Heads)
                graph.Output(head.EmbeddingName, OnnxElementType.Float, batch, head.Width);
        if (Additional.HasFlag(OnnxOutputs.FeatureMaps))
            foreach (var map in body.FeatureMaps)
                graph.Expose(GraphNames.FeatureMap(map.Level), map.Name, batch, map.Channels, map.Height, map.Width);
        if (Additional.HasFlag(OnnxOutputs.AttentionMaps))
            foreach (var (index, attention) in body.Attentions.Index())
            {
                var tokens = attention.Tokens.Or("tokens");
                graph.Expose($"attention_{index + 1}", attention.PerSequence(graph), attention.Sequences, attention.Heads, tokens, tokens);
            }
        new MapOutputs(graph, architecture, body).Add(Additional);
    }
}
