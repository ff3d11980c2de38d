using static Microsoft.ML.Conformer.NetworkLayer;

namespace Microsoft.ML.Conformer.Networks.ConTNet;

/// <summary>A ConTNet's layers: names, shapes, parameters and MACs, in the order of the official state dict.</summary>
internal static class ConTNetLayout
{
    /// <summary>What the names of tensors begin with, have inside, or end in.</summary>
    public const string Stem = "layer0.", DeepConv = $"{Stem}conv_bn", Block = ".ConTBlock", Positions = ".pe.",
        BiasTable = ".relative_position_bias_table", PooledShortcut = ".downsample.conv.conv";

    /// <summary>A side of each stage's feature map for a side of the image, without end: every halving rounds up.</summary>
    public static IEnumerable<int> MapSides(int imageSide)
    {
        for (var side = (imageSide + ConTNetArchitecture.StemStride - 1) / ConTNetArchitecture.StemStride; ; side = (side + 1) / 2)
            yield return side;
    }

    public static IEnumerable<NetworkLayer> Layers(ConTNetArchitecture a, int height, int width)
    {
        foreach (var layer in StemLayers(a, (height + 1) / 2, (width + 1) / 2))
            yield return layer;
        int[] heights = [.. MapSides(height).Take(a.Stages.Count)], widths = [.. MapSides(width).Take(a.Stages.Count)];
        foreach (var block in a.Blocks())
            foreach (var layer in BlockLayers(a, block, new(block.InChannels, heights[block.StageIndex], widths[block.StageIndex])))
                yield return layer;
        var head = a.Heads[0];
        yield return Linear(head.Layer, [1, a.NumClasses], head.Width, a.NumClasses);
    }

    /// <summary>Name of the convolution of a shortcut that changes the size or the channels.</summary>
    public static string Shortcut(ConTNetArchitecture a, ConTNetBlock block) =>
        a.AverageDown && !block.IsLast ? block.Name + PooledShortcut : $"{block.Name}.downsample.conv";

    /// <summary>The convolutions of a deep stem, in order: their names, their norms', and their channels.</summary>
    public static IEnumerable<(string Conv, string Norm, int In, int Out)> DeepStem(ConTNetArchitecture a)
    {
        int[] channels = [a.InputChannels, a.StemWidth / 2, a.StemWidth / 2, a.StemWidth];
        return Enumerable.Range(1, 3).Select(
            i => ($"{DeepConv}{i}.conv", $"{DeepConv}{i}.bn", channels[i - 1], channels[i]));
    }

    private static IEnumerable<NetworkLayer> StemLayers(ConTNetArchitecture a, int height, int width)
    {
        if (!a.DeepStem)
            return [Conv($"{Stem}conv.conv", a.InputChannels, new(a.StemWidth, height, width), kernel: 7, bias: false)];
        return DeepStem(a).SelectMany(IEnumerable<NetworkLayer> (conv) =>
        [
            Conv(conv.Conv, conv.In, new(conv.Out, height, width), kernel: 3, bias: false),
            BatchNorm(conv.Norm, new(conv.Out, height, width)),
        ]);
    }

    private static IEnumerable<NetworkLayer> BlockLayers(ConTNetArchitecture a, ConTNetBlock block, FeatureMap map)
    {
        var output = new FeatureMap(
            block.OutChannels, (map.Height + block.Stride - 1) / block.Stride, (map.Width + block.Stride - 1) / block.Stride);
        if (block.EndsStage)
            yield return Conv(Shortcut(a, block), map.Channels, output, kernel: 1, bias: false);
        yield return BatchNorm($"{block.Name}.bn", map);
        foreach (var (name, window) in block.Encoders)
            foreach (var layer in Encoder(name, a, block.Stage, map, window))
                yield return layer;
        yield return Conv($"{block.Name}.out_conv.conv", map.Channels, output, block.Kernel, bias: false);
    }

    /// <summary>A transformer encoder, whose sequences are the pixels of windows: [windows, window², channels].</summary>
    private static IEnumerable<NetworkLayer> Encoder(string name, ConTNetArchitecture a, ConTNetStage stage, FeatureMap map, int window)
    {
        long width = map.Channels, tokens = window * window, windows = map.Height / window * (map.Width / window);
        NetworkLayer Tokens(string layer, long inputs, long outputs, bool bias = true) =>
            Linear($"{name}.{layer}", [windows, tokens, outputs], inputs, outputs, bias);
        if (!a.RelativePositions)
            yield return new($"{name}.pe", "Parameter", [1, window, window, width],
                [new($"{name}.pe.0", [1, window, 1, width / 2]), new($"{name}.pe.1", [1, 1, window, width / 2])], 0);
        else
            yield return new($"{name}.attn.relative_position", "Parameter", [stage.NumHeads, tokens, tokens],
            [
                new($"{name}.attn{BiasTable}", [(2 * window - 1) * (2 * window - 1), stage.NumHeads]),
                new($"{name}.attn.relative_position_index", [tokens, tokens], IsBuffer: true),
            ], 0);
        yield return Tokens("attn.qkv", width, 3 * width, a.QkvBias);
        yield return Attention($"{name}.attn", windows, tokens, width, stage.NumHeads);
        yield return Tokens("attn.proj", width, width);
        yield return Tokens("mlp.fc1", width, stage.MlpWidth);
        yield return Tokens("mlp.fc2", stage.MlpWidth, width);
        yield return LayerNorm($"{name}.norm1", tokens, width, windows);
        yield return LayerNorm($"{name}.norm2", tokens, width, windows);
    }
}
