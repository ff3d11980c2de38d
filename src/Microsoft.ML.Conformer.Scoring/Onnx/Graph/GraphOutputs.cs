using Microsoft.ML.Conformer.Onnx.Format;
using Microsoft.ML.Conformer.Onnx.Graph.Conformer;

namespace Microsoft.ML.Conformer.Onnx.Graph;

/// <summary>The outputs of a graph: the scores, and what was asked for beside them.</summary>
internal sealed class GraphOutputs(GraphBuilder graph, ConformerArchitecture architecture, OnnxGraphSettings settings, TokenGrid grid)
{
    private OnnxOutputs Additional => settings.Options.AdditionalOutputs;

    /// <summary>Adds all of them.</summary>
    /// <param name="conv">Logits of the convolution head, [N, C].</param>
    /// <param name="transformer">Logits of the transformer head, [N, C].</param>
    /// <param name="logits">Their sum.</param>
    public void Add(string conv, string transformer, string logits)
    {
        var (batch, classes) = (OnnxDimension.Batch, architecture.NumClasses);
        graph.Add("Softmax", ConformerGraph.Score, [logits], new OnnxAttribute("axis", -1L));
        graph.Output(ConformerGraph.Score, OnnxElementType.Float, batch, classes);
        if (settings.IncludeClassIndex)
        {
            LabelOutputs.AddArgMax(graph, ConformerGraph.ClassIndex, logits, keepDimension: true);
            graph.Output(ConformerGraph.ClassIndex, OnnxElementType.Int64, batch, 1);
        }
        if (Additional.HasFlag(OnnxOutputs.HeadLogits))
        {
            Expose(ConformerGraph.ConvLogits, conv, batch, classes);
            Expose(ConformerGraph.TransformerLogits, transformer, batch, classes);
        }
        if (settings.Labels is { } labels)
            new LabelOutputs(graph, labels, settings).Add();
        if (Additional.HasFlag(OnnxOutputs.Embeddings))
        {
            graph.Output(ConformerGraph.ConvEmbedding, OnnxElementType.Float, batch, architecture.ConvHeadInputs);
            graph.Output(ConformerGraph.TransformerEmbedding, OnnxElementType.Float, batch, architecture.EmbedDim);
        }
        if (Additional.HasFlag(OnnxOutputs.FeatureMaps))
            AddFeatureMaps();
        if (Additional.HasFlag(OnnxOutputs.AttentionMaps))
            AddAttentionMaps();
    }

    private void AddFeatureMaps()
    {
        for (var level = 2; level <= 5; level++)
        {
            var name = $"c{level}";
            var stage = Math.Min(level - 1, 3);
            var (perPatch, halved) = (architecture.TokenStride(stage), level == 5);
            OnnxDimension Side(GraphSize patches, string side) => patches.Number is { } count
                ? halved ? (count * perPatch + 1) / 2 : count * perPatch
                : OnnxDimension.Free($"{name}_{side}");
            Expose(
                name, ConformerGraph.FeatureMap(architecture, level), OnnxDimension.Batch, architecture.StageChannels(stage),
                Side(grid.Height, "height"), Side(grid.Width, "width"));
        }
    }

    private void AddAttentionMaps()
    {
        var tokens = grid.Tokens.Number is { } count ? count : OnnxDimension.Free("tokens");
        for (var block = 1; block <= architecture.Depth; block++)
            Expose(
                $"attention_{block}", LayerBuilder.AttentionWeights(ConformerGraph.Attention(block)), OnnxDimension.Batch,
                architecture.NumHeads, tokens, tokens);
    }

    /// <summary>Makes a value inside the graph an output under a name of its own.</summary>
    private void Expose(string name, string value, params IReadOnlyList<OnnxDimension> shape)
    {
        graph.Add("Identity", name, [value]);
        graph.Output(name, OnnxElementType.Float, shape);
    }
}
