namespace Microsoft.ML.Conformer.Onnx.Graph;

/// <summary>The outputs that show where in an image a network looks.</summary>
internal sealed class MapOutputs(GraphBuilder graph, VisionArchitecture architecture, NetworkBody body)
{
    private PatchTokens Patches => body.Patches ?? throw new InvalidOperationException("The network has no class token.");

    public void Add(OnnxOutputs outputs)
    {
        if (outputs.HasFlag(OnnxOutputs.ClassActivationMaps))
            AddClassActivationMaps();
        if (outputs.HasFlag(OnnxOutputs.ClassAttention))
            AddClassAttention();
        if (outputs.HasFlag(OnnxOutputs.TokenMaps))
            foreach (var map in architecture.FeatureLevels.Select(Patches.MapOf))
                graph.Expose(GraphNames.TokenMap(map.Level), map.Name, OnnxDimension.Batch, map.Channels, map.Height, map.Width);
    }

    /// <summary>The head's products with the map that is pooled for it, before the mean is taken: [N, C, height, width].</summary>
    private void AddClassActivationMaps()
    {
        var map = body.FeatureMaps.MaxBy(map => map.Level)!;
        var pixels = Transpose("cam.pixels", map.Name, 0, 2, 3, 1);
        var products = graph.Add("MatMul", "cam.products", [pixels, $"{architecture.Heads[0].Layer}.weight"]); // [N, h, w, C]
        Transpose(GraphNames.ClassActivationMaps, products, 0, 3, 1, 2);
        graph.Output(
            GraphNames.ClassActivationMaps, OnnxElementType.Float, OnnxDimension.Batch, architecture.NumClasses, map.Height, map.Width);
    }

    private void AddClassAttention()
    {
        var blocks = body.Attentions.Index()
            .Select(block => graph.Add(
                "ReduceMean", $"class_attention_{block.Index + 1}.mean", [block.Item.PerSequence(graph)],
                new("axes", new long[] { 1 }), new("keepdims", 0L)))
            .ToList(); // each [N, T, T]
        var rows = blocks.Select((block, index) => ClassRow(block, $"class_attention_{index + 1}")).ToList(); // each [N, 1, T]

        var (height, width) = (Patches.Height.Or("patch_height"), Patches.Width.Or("patch_width"));
        var all = rows.Count == 1 ? rows[0] : graph.Add("Concat", "class_attention.rows", rows, new OnnxAttribute("axis", 1L));
        ToGrid(GraphNames.ClassAttention, all, 0, rows.Count);
        graph.Output(GraphNames.ClassAttention, OnnxElementType.Float, OnnxDimension.Batch, rows.Count, height, width);

        ToGrid(GraphNames.Rollout, Rollout(blocks, rows[^1]), 0);
        graph.Output(GraphNames.Rollout, OnnxElementType.Float, OnnxDimension.Batch, height, width);
    }

    /// <summary>The class token's row of Z_L ... Z_1, where Z = (A + I) / 2, from the left: one row times one matrix after another.</summary>
    private string Rollout(List<string> blocks, string lastRow)
    {
        string Half(string sum, int block) => graph.Add("Mul", $"rollout_{block + 1}", [sum, graph.Scalar("half", 0.5f)]);
        var last = blocks.Count - 1;
        // The class token's row of I has one number: 1, at its own place.
        var own = graph.Add("Add", "rollout.token", [Slice("rollout.token.row", lastRow, 0, 1), graph.Scalar("one", 1)]);
        var whole = graph.Add(
            "Concat", "rollout.last", [own, Slice("rollout.patches.row", lastRow, 1, long.MaxValue)], new OnnxAttribute("axis", 2L));
        var row = Half(whole, last);
        for (var block = last - 1; block >= 0; block--)
        {
            var attended = graph.Add("MatMul", $"rollout_{block + 1}.attended", [row, blocks[block]]);
            row = Half(graph.Add("Add", $"rollout_{block + 1}.sum", [attended, row]), block);
        }
        return row;
    }

    private string ClassRow(string block, string name) =>
        graph.Add("Slice", $"{name}.row", [block, graph.Integers(0), graph.Integers(1), graph.Integers(1)]);

    private string Slice(string name, string row, long first, long end) =>
        graph.Add("Slice", name, [row, graph.Integers(first), graph.Integers(end), graph.Integers(2)]);

    private void ToGrid(string name, string rows, params IReadOnlyList<GraphSize> leading)
    {
        var patches = Slice($"{name}.patches", rows, 1, long.MaxValue);
        graph.Add("Reshape", name, [patches, graph.Shape([.. leading, Patches.Height, Patches.Width])]);
    }

    private string Transpose(string name, string x, params long[] permutation) =>
        graph.Add("Transpose", name, [x], new OnnxAttribute("perm", permutation));
}
