namespace Microsoft.ML.Conformer.Networks.Conformer;

/// <summary>
/// The layers of a Conformer, derived from its architecture alone: names, shapes, parameters and MACs, in the order of the official
/// state dict.
/// </summary>
internal static class ConformerLayout
{
    /// <summary>The official state dict of an architecture, in order.</summary>
    public static IEnumerable<NetworkTensor> StateDict(ConformerArchitecture architecture)
    {
        // Shapes of parameters do not depend on the image's size, but for a position embedding, which fixes it.
        var size = architecture.PositionEmbeddingImageSize ?? architecture.PatchSize;
        return Layers(architecture, size, size).SelectMany(layer => layer.Tensors);
    }

    /// <summary>The layers for images of the given height and width in pixels.</summary>
    public static IEnumerable<NetworkLayer> Layers(ConformerArchitecture a, int height, int width)
    {
        long embed = a.EmbedDim, patch = a.TokenStride(1);
        long tokenHeight = a.TokensPerSide(height), tokenWidth = a.TokensPerSide(width), tokens = 1 + tokenHeight * tokenWidth;
        Map Feature(long channels, long stride) => new(channels, tokenHeight * patch / stride, tokenWidth * patch / stride);

        yield return new NetworkLayer("cls_token", "Parameter", [1, 1, embed], [new("cls_token", [1, 1, embed])], 0);
        if (a.PositionEmbeddingImageSize is { } size)
        {
            long positions = 1 + a.TokensPerSide(size) * a.TokensPerSide(size); // its size is fixed, whatever size is asked about
            yield return new NetworkLayer("pos_embed", "Parameter", [1, positions, embed], [new("pos_embed", [1, positions, embed])], 0);
        }
        yield return LayerNorm("trans_norm", tokens, embed);
        yield return Linear("trans_cls_head", [1, a.NumClasses], embed, a.NumClasses);
        yield return Linear("conv_cls_head", [1, a.NumClasses], a.ConvHeadInputs, a.NumClasses);

        // Zero padding to the patch grid comes after the stem, so its convolution sees the image as it is.
        var stem = new Map(ConformerArchitecture.StemChannels, (height + 1) / 2, (width + 1) / 2);
        yield return Conv("conv1", a.InputChannels, stem, kernel: 7, bias: false);
        yield return BatchNorm("bn1", stem);
        foreach (var layer in ConvBlock("conv_1", stem.Channels, Feature(a.StageChannels(1), 1), stride: 1, shortcut: true))
            yield return layer;
        yield return Conv("trans_patch_conv", stem.Channels, new Map(embed, tokenHeight, tokenWidth), patch, bias: true);
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
        ConformerArchitecture a, CouplingBlock block, Map map, long tokenHeight, long tokenWidth)
    {
        var inner = map with { Channels = map.Channels / ConformerArchitecture.BottleneckExpansion };
        var grid = new Map(a.EmbedDim, tokenHeight, tokenWidth);
        var tokens = 1 + tokenHeight * tokenWidth;
        var convolves = a.DownSampling == DownSampling.Convolution;
        var last = block.IsLast ? map with { Height = (map.Height + 1) / 2, Width = (map.Width + 1) / 2 } : map;
        return
        [
            .. ConvBlock($"{block.Name}.cnn_block", block.InChannels, map, block.Stride, block.ProjectsShortcut),
            .. ConvBlock($"{block.Name}.fusion_block", map.Channels, last, stride: block.IsLast ? 2 : 1, shortcut: block.IsLast),
            .. Enumerable.Range(0, a.BottlenecksPerBlock)
                .SelectMany(j => ConvBlock($"{block.Name}.med_block.{j}", map.Channels, map, stride: 1, shortcut: false)),
            Conv($"{block.Name}.squeeze_block.conv_project", inner.Channels,
                convolves ? grid : map with { Channels = a.EmbedDim }, kernel: convolves ? block.TokenStride : 1, bias: true),
            LayerNorm($"{block.Name}.squeeze_block.ln", tokens - 1, a.EmbedDim),
            Conv($"{block.Name}.expand_block.conv_project", a.EmbedDim, grid with { Channels = inner.Channels }, kernel: 1, bias: true),
            BatchNorm($"{block.Name}.expand_block.bn", grid with { Channels = inner.Channels }),
            .. TransformerBlock($"{block.Name}.trans_block", a, tokens),
        ];
    }

    /// <summary>output: the block's output map; its 3x3 carries the stride.</summary>
    private static IEnumerable<NetworkLayer> ConvBlock(string name, long inChannels, Map output, int stride, bool shortcut)
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
        yield return new NetworkLayer($"{name}.attn", "Attention", [1, tokens, embed], [], 2 * tokens * tokens * embed);
        yield return Linear($"{name}.attn.proj", [1, tokens, embed], embed, embed);
        yield return LayerNorm($"{name}.norm2", tokens, embed);
        yield return Linear($"{name}.mlp.fc1", [1, tokens, a.MlpHidden], embed, a.MlpHidden);
        yield return Linear($"{name}.mlp.fc2", [1, tokens, embed], a.MlpHidden, embed);
    }

    private static NetworkLayer Conv(string name, long inChannels, Map output, long kernel, bool bias)
    {
        long[] weight = [output.Channels, inChannels, kernel, kernel];
        NetworkTensor[] tensors = bias
            ? [new($"{name}.weight", weight), new($"{name}.bias", [output.Channels])]
            : [new($"{name}.weight", weight)];
        return new NetworkLayer(name, "Conv2d", output.Shape, tensors, output.Height * output.Width * tensors[0].Count);
    }

    private static NetworkLayer Linear(string name, long[] output, long inputs, long outputs, bool bias = true)
    {
        NetworkTensor[] tensors = bias
            ? [new($"{name}.weight", [outputs, inputs]), new($"{name}.bias", [outputs])]
            : [new($"{name}.weight", [outputs, inputs])];
        var rows = output.Aggregate(1L, (a, b) => a * b) / outputs;
        return new NetworkLayer(name, "Linear", output, tensors, rows * inputs * outputs);
    }

    private static NetworkLayer LayerNorm(string name, long tokens, long embed) =>
        new(name, "LayerNorm", [1, tokens, embed], [new($"{name}.weight", [embed]), new($"{name}.bias", [embed])], 0);

    private static NetworkLayer BatchNorm(string name, Map output) => new(name, "BatchNorm2d", output.Shape,
    [
        new($"{name}.weight", [output.Channels]),
        new($"{name}.bias", [output.Channels]),
        new($"{name}.running_mean", [output.Channels], IsBuffer: true),
        new($"{name}.running_var", [output.Channels], IsBuffer: true),
        new($"{name}.num_batches_tracked", [], IsBuffer: true),
    ], 0);

    /// <summary>A feature map of one image.</summary>
    private readonly record struct Map(long Channels, long Height, long Width)
    {
        public long[] Shape => [1, Channels, Height, Width];
    }
}
