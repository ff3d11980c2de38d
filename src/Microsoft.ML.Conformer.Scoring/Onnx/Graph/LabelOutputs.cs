namespace Microsoft.ML.Conformer.Onnx.Graph;

/// <summary>What a graph says in the classes' names: the predicted label, the most probable ones, and slot names for ML.NET.</summary>
internal sealed class LabelOutputs(GraphBuilder graph, IReadOnlyList<string> labels, OnnxGraphSettings settings)
{
    private readonly long[] _indices = [.. Enumerable.Range(0, labels.Count).Select(index => (long)index)];

    public void Add()
    {
        if (settings.IncludeSlotNames)
            AddSlotNames();
        if (settings.Options.IncludePredictedLabel)
        {
            AddNames(GraphNames.PredictedLabel, AddArgMax(graph, "predicted_index", GraphNames.Score, keepDimension: false));
            graph.Output(GraphNames.PredictedLabel, OnnxElementType.String, OnnxDimension.Batch);
        }
        if (settings.Options.TopK is { } count)
            AddTop(count);
    }

    /// <summary>The first index of the highest value of each row, int64 [N], or [N, 1] where the dimension is kept.</summary>
    public static string AddArgMax(GraphBuilder graph, string name, string rows, bool keepDimension) => graph.Add(
        "ArgMax", name, [rows], new("axis", 1L), new("keepdims", keepDimension ? 1L : 0L), new("select_last_index", 0L));

    private void AddTop(int count)
    {
        const string index = "top_indices";
        graph.Add(new NodeProto(
            "TopK", GraphNames.TopScores, [GraphNames.Score, graph.Integers(count)], [GraphNames.TopScores, index],
            [new("axis", 1L), new("largest", 1L), new("sorted", 1L)]));
        AddNames(GraphNames.TopLabels, index);
        graph.Output(GraphNames.TopScores, OnnxElementType.Float, OnnxDimension.Batch, count);
        graph.Output(GraphNames.TopLabels, OnnxElementType.String, OnnxDimension.Batch, count);
    }

    private void AddNames(string name, string indices) => graph.Add(new NodeProto(
        "LabelEncoder", name, [indices], [name], [new("keys_int64s", _indices), new("values_strings", labels.ToArray())],
        OnnxModel.MachineLearningDomain));

    /// <summary>ML.NET's OnnxTransformer finds the slot names of Score by this operator's name; nothing uses its result.</summary>
    private void AddSlotNames()
    {
        const string name = $"mlnet.{GraphNames.Score}";
        var one = graph.Add("Constant", $"{name}.unusedInput", [], new OnnxAttribute("value_strings", new[] { labels[0] }));
        graph.Add(new NodeProto(
            "LabelEncoder", $"{name}.SlotNames", [one], [$"{name}.unusedOutput"],
            [new("keys_strings", labels.ToArray()), new("values_int64s", _indices)], OnnxModel.MachineLearningDomain));
    }
}
