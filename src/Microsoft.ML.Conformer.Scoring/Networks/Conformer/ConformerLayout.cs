using static Microsoft.ML.Conformer.NetworkLayer;

namespace Microsoft.ML.Conformer.Networks.Conformer;

/// <summary>A Conformer's layers: names, shapes, parameters and MACs, in the order of the official state dict.</summary>
internal static class ConformerLayout
{
    /// <summary>Names of the tensors that belong to no layer.</summary>
    public const string ClassToken = "cls_token", PositionEmbedding = "pos_embed";

    /// <summary>The norm before the transformer's head.</summary>
    public const string LastNorm = "trans_norm";

    public static IEnumerable<NetworkLayer> Layers(ConformerArchitecture a, int height, int width)
    {
        long embed = a.EmbedDim, patch = a.TokenStride(1);
        long tokenHeight = a.TokensPerSide(height), tokenWidth = a.TokensPerSide(width), tokens = 1 + tokenHeight * tokenWidth;
        FeatureMap Feature(long channels, long stride) => new(channels, tokenHeight * patch / stride, tokenWidth * patch / stride);

        yield return new NetworkLayer(ClassToken, "Parameter", [1, 1, embed], [new(ClassToken, [1, 1, embed])], 0);
        if (a.PositionEmbeddingImageSize is { } size)
        {
            long positions = 1 + a.TokensPerSide(size) * a.TokensPerSide(size); // its size is fixed, whatever size is asked about
            yield return new NetworkLayer(
                PositionEmbedding, "Parameter", [1, positions, embed], [new(PositionEmbedding, [1, positions, embed])], 0);
        }
        yield return LayerNorm(LastNorm, tokens, embed);
        foreach (var head in a.Heads.Reverse()) // the official state dict has the transformer's first
            yield return Linear(head.Layer, [1, a.NumClasses], head.Width, a.NumClasses);

        // Zero padding to the patch grid comes after the stem, so its convolution sees the image as it is.
        var stem = new FeatureMap(ConformerArchitecture.StemChannels, (height + 1) / 2, (width + 1) / 2);
        yield return Conv("conv1", a.InputChannels, stem, kernel: 7, bias: false);
        yield return BatchNorm("bn1", stem);
        foreach (var layer in ConvBlock("conv_1", stem.Channels, Feature(a.StageChannels(1), 1), stride: 1, shortcut: true))
            yield return layer;
        yield return Conv("trans_patch_conv", stem.Channels, new FeatureMap(embed, tokenHeight, tokenWidth), patch, bias: true);
        foreach (var layer in TransformerBlock("trans_1", a, tokens))
            yield return layer;

        foreach (var block in a.CouplingBlocks())
        {
            var map = Feature(block.OutChannels, patch / block.TokenStride);
            foreach (var layer in CouplingBlock(a, block, map, tokenHeight, tokenWidth))
                yield return layer;
        }
    }

    private static IEnumerable<NetworkLayer> CouplingBlock(
        ConformerArchitecture a, CouplingBlock block, FeatureMap map, long tokenHeight, long tokenWidth)
    {
        var inner = map with { Channels = map.Channels / ConformerArchitecture.BottleneckExpansion };
        var grid = new FeatureMap(a.EmbedDim, tokenHeight, tokenWidth);
        var tokens = 1 + tokenHeight * tokenWidth;
        var last = block.IsLast ? map with { Height = (map.Height + 1) / 2, Width = (map.Width + 1) / 2 } : map;
        return
        [
            .. ConvBlock($"{block.Name}.cnn_block", block.InChannels, map, block.Stride, block.ProjectsShortcut),
            .. ConvBlock($"{block.Name}.fusion_block", map.Channels, last, stride: block.IsLast ? 2 : 1, shortcut: block.IsLast),
            .. Enumerable.Range(0, a.BottlenecksPerBlock)
                .SelectMany(j => ConvBlock($"{block.Name}.med_block.{j}", map.Channels, map, stride: 1, shortcut: false)),
            Conv($"{block.Name}.squeeze_block.conv_project", inner.Channels, map with { Channels = a.EmbedDim }, kernel: 1, bias: true),
            .. a.DownSampling == DownSampling.Convolution
                ? [Conv($"{block.Name}.squeeze_block.sample_pooling", a.EmbedDim, grid, block.TokenStride, bias: true)]
                : Array.Empty<NetworkLayer>(),
            LayerNorm($"{block.Name}.squeeze_block.ln", tokens - 1, a.EmbedDim),
            Conv($"{block.Name}.expand_block.conv_project", a.EmbedDim, grid with { Channels = inner.Channels }, kernel: 1, bias: true),
            BatchNorm($"{block.Name}.expand_block.bn", grid with { Channels = inner.Channels }),
            .. TransformerBlock($"{block.Name}.trans_block", a, tokens),
        ];
    }

    /// <summary>output: the block's output map; its 3x3 carries the stride.</summary>
    private static IEnumerable<NetworkLayer> ConvBlock(string name, long inChannels, FeatureMap output, int stride, bool shortcut)
    {
        var inner = output with { Channels = output.Channels / ConformerArchitecture.BottleneckExpansion };
        var before = inner with { Height = output.Height * stride, Width = output.Width * stride };
        yield return Conv($"{name}.conv1", inChannels, before, kernel: 1, bias: false);
        yield return BatchNorm($"{name}.bn1", before);
        yield return Conv($"{name}.conv2", inner.Channels, inner, kernel: 3, bias: false);
        yield return BatchNorm($"{name}.bn2", inner);
        yield return Conv($"{name}.conv3", inner.Channels, output, kernel: 1, bias: false);
        yield return BatchNorm($"{name}.bn3", output);
        if (!shortcut)
            yield break;
        yield return Conv($"{name}.residual_conv", inChannels, output, kernel: 1, bias: false);
        yield return BatchNorm($"{name}.residual_bn", output);
    }

    private static IEnumerable<NetworkLayer> TransformerBlock(string name, ConformerArchitecture a, long tokens)
    {
        long embed = a.EmbedDim;
        yield return LayerNorm($"{name}.norm1", tokens, embed);
        yield return Linear($"{name}.attn.qkv", [1, tokens, 3 * embed], embed, 3 * embed, a.QkvBias);
        yield return Attention($"{name}.attn", windows: 1, tokens, embed, a.NumHeads);
        yield return Linear($"{name}.attn.proj", [1, tokens, embed], embed, embed);
        yield return LayerNorm($"{name}.norm2", tokens, embed);
        yield return Linear($"{name}.mlp.fc1", [1, tokens, a.MlpHidden], embed, a.MlpHidden);
        yield return Linear($"{name}.mlp.fc2", [1, tokens, embed], a.MlpHidden, embed);
    }
}
