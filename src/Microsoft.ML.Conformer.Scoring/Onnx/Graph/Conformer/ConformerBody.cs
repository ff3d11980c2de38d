namespace Microsoft.ML.Conformer.Onnx.Graph.Conformer;

/// <summary>
/// The Conformer (Peng et al., ICCV 2021) as an ONNX graph for evaluation: the same steps as <c>ConformerNetwork.forward</c>, in an order
/// and form that inference runtimes execute fast. Shapes: N images, E the embedding width, K patches on the grid, T = 1 + K tokens with
/// the class token first, C classes. Tokens are ordered token by token, as attention takes them: [T, N, E], or as rows [T N, E].
/// </summary>
internal sealed class ConformerBody
{
    private const double StemEpsilon = 1e-5, BlockEpsilon = 1e-6, FinalNormEpsilon = 1e-5;

    private readonly ConformerArchitecture _architecture;
    private readonly RequiredWeights _weights;
    private readonly GraphBuilder _graph;
    private readonly LayerBuilder _layers;
    private readonly GraphInput _input;
    private readonly TokenGrid _grid;

    public ConformerBody(ConformerArchitecture architecture, GraphBuilder graph, RequiredWeights weights, GraphInput input)
    {
        (_architecture, _graph, _weights, _input) = (architecture, graph, weights, input);
        _layers = new LayerBuilder(graph, weights);
        _grid = TokenGrid.Of(graph, architecture, input);
    }

    public NetworkBody Build(Func<int, string> featureMap)
    {
        var stem = Stem(); // [N, 64, H, W]
        var (map, _) = ConvBlock(
            stem, "conv_1", ConformerArchitecture.StemChannels, _architecture.StageChannels(1), stride: 1, projectShortcut: true);
        var tokens = TransformerBlock(PatchEmbedding(stem), "trans_1"); // [T N, E]
        foreach (var block in _architecture.CouplingBlocks())
            (map, tokens) = ConvTransBlock(map, tokens, block);
        return new NetworkBody(
            () => Heads(map, tokens), [.. _architecture.FeatureLevels.Select(level => MapOf(level, featureMap(level)))],
            [.. Enumerable.Range(1, _architecture.Depth).Select(AttentionOf)])
        {
            Patches = new PatchTokens(_grid.Height, _grid.Width, TokenMapOf),
        };
    }

    /// <summary>Pixels normalized, conv1 - bn1 - ReLU - max pool, zero padding to whole patches: [N, 64, H, W].</summary>
    private string Stem()
    {
        var (x, inputScale) = _input.Centered();
        x = _layers.Relu(_layers.ConvBatchNorm(
            x, "conv1", "bn1", _architecture.InputChannels, ConformerArchitecture.StemChannels, kernel: 7, stride: 2, StemEpsilon,
            inputScale: inputScale));
        x = _graph.Add("MaxPool", "maxpool", [x],
            new("kernel_shape", new long[] { 3, 3 }), new("pads", new long[] { 1, 1, 1, 1 }), new("strides", new long[] { 2, 2 }));

        return (_grid.Bottom.Number, _grid.Right.Number) == (0, 0)
            ? x
            : _graph.Add(
                "Pad", "padded", [x, _graph.Shape(0, 0, 0, 0, 0, 0, _grid.Bottom, _grid.Right)], new OnnxAttribute("mode", "constant"));
    }

    /// <summary>Stem to tokens: a strided convolution, the class token in front, and the position embedding where there is one.</summary>
    private string PatchEmbedding(string stem)
    {
        var (embed, grid) = (_architecture.EmbedDim, _architecture.TokenStride(1));
        var map = _layers.Conv(stem, "trans_patch_conv", ConformerArchitecture.StemChannels, embed, grid, grid);
        var patches = PatchTokens(map, embed); // [K, N, E]

        var batch = _graph.Add("Shape", "batch", [patches], new("start", 1L), new("end", 2L));
        var tokenShape = _graph.Shape(1, GraphSize.Of(batch), embed);
        var token = _graph.Weight("cls_token", [1, 1, embed], _weights.Require("cls_token", 1, 1, embed));
        var classTokens = _graph.Add("Expand", "cls_token.expanded", [token, tokenShape]);
        var tokens = _graph.Add("Concat", "tokens", [classTokens, patches], new OnnxAttribute("axis", 0L)); // [T, N, E]
        if (_architecture.PositionEmbeddingImageSize is not null)
        {
            var count = _grid.Tokens.Number!.Value; // with an embedding the size is fixed
            var positions = _graph.Weight("pos_embed", [count, 1, embed], _weights.Require("pos_embed", 1, count, embed));
            tokens = _graph.Add("Add", "tokens.positioned", [tokens, positions]);
        }
        return ToRows(tokens, "tokens.rows");
    }

    /// <summary>A convolution block and a transformer block that exchange what they see.</summary>
    private (string Map, string Tokens) ConvTransBlock(string map, string tokens, CouplingBlock block)
    {
        var (name, outer, inner) = (block.Name, block.OutChannels, block.OutChannels / ConformerArchitecture.BottleneckExpansion);
        var (x, middle) = ConvBlock(map, $"{name}.cnn_block", block.InChannels, outer, block.Stride, block.ProjectsShortcut);
        tokens = TransformerBlock(FcuDown(middle, tokens, $"{name}.squeeze_block", inner, block.TokenStride), $"{name}.trans_block");
        for (var i = 0; i < _architecture.BottlenecksPerBlock; i++)
            x = ConvBlock(x, $"{name}.med_block.{i}", outer, outer, stride: 1, projectShortcut: false).Output;
        var up = FcuUp(tokens, $"{name}.expand_block", inner, block.TokenStride);
        x = ConvBlock(x, $"{name}.fusion_block", outer, outer, block.IsLast ? 2 : 1, block.IsLast, (up, block.TokenStride)).Output;
        return (x, tokens);
    }

    /// <summary>Bottleneck 1x1 - 3x3 - 1x1 with a shortcut; the tokens' map, if any, is added to the input of the 3x3.</summary>
    private (string Output, string Middle) ConvBlock(
        string x, string name, int inputs, int outputs, int stride, bool projectShortcut, (string Map, int Stride)? tokens = null)
    {
        var middle = outputs / ConformerArchitecture.BottleneckExpansion;
        var shortcut = projectShortcut
            ? _layers.ConvBatchNorm(x, $"{name}.residual_conv", $"{name}.residual_bn", inputs, outputs, kernel: 1, stride, BlockEpsilon)
            : x;
        var inner = _layers.Relu(
            _layers.ConvBatchNorm(x, $"{name}.conv1", $"{name}.bn1", inputs, middle, kernel: 1, stride: 1, BlockEpsilon));
        if (tokens is { } coupled)
        {
            if (!_grid.IsFixed)
                DeclareMap(inner, middle, coupled.Stride);
            inner = _graph.Add("Add", $"{name}.coupled_map", [inner, coupled.Map]);
        }
        inner = _layers.Relu(_layers.ConvBatchNorm(inner, $"{name}.conv2", $"{name}.bn2", middle, middle, kernel: 3, stride, BlockEpsilon));
        var residual = _layers.ConvBatchNorm(inner, $"{name}.conv3", $"{name}.bn3", middle, outputs, kernel: 1, stride: 1, BlockEpsilon);
        return (_layers.Relu(_graph.Add("Add", name, [residual, shortcut])), inner);
    }

    /// <summary>
    /// Feature map to tokens: the incoming tokens plus the map's patches and, as in the official code, once more the class token.
    /// Averaging and a 1x1 convolution commute, so the map is averaged first, which makes the projection stride² times smaller.
    /// </summary>
    private string FcuDown(string map, string tokens, string name, int inputs, int stride)
    {
        var (embed, project) = (_architecture.EmbedDim, $"{name}.conv_project");
        string Projected() => _layers.Conv(map, project, inputs, embed, kernel: 1, stride: 1);
        var patches = _architecture.DownSampling switch
        {
            DownSampling.Convolution =>
                MapToRows(_layers.Conv(Projected(), $"{name}.sample_pooling", embed, embed, kernel: stride, stride), embed),
            DownSampling.Maximum when stride > 1 => MapToRows(Pool("MaxPool", Projected(), stride), embed),
            _ => _layers.PointwiseConv(MapToRows(stride == 1 ? map : Pool("AveragePool", map, stride), inputs), project, inputs, embed),
        };
        patches = _layers.Gelu(_layers.LayerNorm(patches, $"{name}.ln", embed, BlockEpsilon)); // [K N, E]
        patches = _graph.Add("Reshape", $"{name}.patches", [patches, _graph.Shape(_grid.Patches, -1, embed)]);

        var classTokens = ClassTokens(ToTokens(tokens, $"{name}.tokens"), name);
        var added = _graph.Add("Concat", name, [classTokens, patches], new OnnxAttribute("axis", 0L)); // [T, N, E]
        return _graph.Add("Add", $"{name}.coupled", [ToRows(added, $"{name}.rows"), tokens]);
    }

    /// <summary>Tokens to feature map: 1x1 projection, BatchNorm, ReLU, nearest up-sampling.</summary>
    private string FcuUp(string tokens, string name, int outputs, int stride)
    {
        var map = TokenMap(ToTokens(tokens, $"{name}.tokens"), name);
        map = _layers.Relu(_layers.ConvBatchNorm(
            map, $"{name}.conv_project", $"{name}.bn", _architecture.EmbedDim, outputs, kernel: 1, stride: 1, BlockEpsilon,
            convHasBias: true));
        if (stride > 1)
            map = _graph.Add("Resize", name, [map, "", _graph.Floats(1, 1, stride, stride)],
                new("mode", "nearest"), new("coordinate_transformation_mode", "asymmetric"), new("nearest_mode", "floor"));
        return DeclareMap(map, outputs, stride);
    }

    /// <summary>Pre-norm transformer block, [T N, E] to [T N, E].</summary>
    private string TransformerBlock(string x, string name)
    {
        var (embed, hidden) = (_architecture.EmbedDim, _architecture.MlpHidden);
        var (normalized, affine) = _layers.Normalize(x, $"{name}.norm1", embed, BlockEpsilon);
        var attention = _layers.SelfAttention(
            normalized, $"{name}.attn", embed, _architecture.NumHeads, _architecture.AttentionScale, _grid.Tokens,
            _architecture.QkvBias, affine);
        x = _graph.Add("Add", $"{name}.attended", [attention, x]);
        (normalized, affine) = _layers.Normalize(x, $"{name}.norm2", embed, BlockEpsilon);
        var inner = _layers.Gelu(_layers.Linear(normalized, $"{name}.mlp.fc1", embed, hidden, affine));
        return _graph.Add("Add", name, [_layers.Linear(inner, $"{name}.mlp.fc2", hidden, embed), x]);
    }

    private string[] Heads(string map, string tokens)
    {
        var (convHead, transformerHead) = (_architecture.Heads[0], _architecture.Heads[1]);
        var pooled = _graph.Add("Flatten", convHead.EmbeddingName, [_graph.Add("GlobalAveragePool", "pooling", [map])]);
        var conv = _layers.Linear(pooled, convHead.Layer, convHead.Width, _architecture.NumClasses);

        var token = ToRows(ClassTokens(ToTokens(tokens, "tokens.last"), "class_token"), "class_token");
        var normalized = _layers.LayerNorm(token, "trans_norm", _architecture.EmbedDim, FinalNormEpsilon, transformerHead.EmbeddingName);
        return [conv, _layers.Linear(normalized, transformerHead.Layer, transformerHead.Width, _architecture.NumClasses)];
    }

    private MapValue MapOf(int level, string name)
    {
        var stage = Math.Min(level - 1, 3);
        var (perPatch, halved) = (_architecture.TokenStride(stage), level == 5);
        OnnxDimension Side(GraphSize patches, string side) => patches.Number is { } count
            ? halved ? (count * perPatch + 1) / 2 : count * perPatch
            : OnnxDimension.Free($"c{level}_{side}");
        return new MapValue(level, name, _architecture.StageChannels(stage), Side(_grid.Height, "height"), Side(_grid.Width, "width"));
    }

    private AttentionValue AttentionOf(int block) => new(
        LayerBuilder.AttentionWeights(block == 1 ? "trans_1.attn" : $"conv_trans_{block}.trans_block.attn"), _architecture.NumHeads,
        _grid.Tokens, OnnxDimension.Batch);

    /// <summary>The tokens after the transformer block that stands beside a level's last convolution block.</summary>
    private MapValue TokenMapOf(int level)
    {
        var block = _architecture.BlockOf(level);
        // Each block's tokens are a map already, on their way to the other branch, but the first one's, which has no such way.
        var name = block == 1
            ? TokenMap("conv_trans_2.squeeze_block.tokens", "trans_1")
            : TokenMapName($"conv_trans_{block}.expand_block");
        return new MapValue(level, name, _architecture.EmbedDim, _grid.Height.Or("patch_height"), _grid.Width.Or("patch_width"));
    }

    /// <summary>States a map's shape, which without known sizes no runtime can infer.</summary>
    private string DeclareMap(string map, int channels, int tokenStride)
    {
        var (height, width) = _grid.MapSize(tokenStride);
        return _graph.Declare(map, OnnxDimension.Batch, channels, height, width);
    }

    private string Pool(string opType, string x, int stride) => _graph.Add(opType, $"{x}.pooled", [x],
        new("kernel_shape", new long[] { stride, stride }), new("strides", new long[] { stride, stride }));

    /// <summary>[N, channels, grid height, grid width] to [K, N, channels].</summary>
    private string PatchTokens(string map, int channels)
    {
        // In two steps: runtimes that keep maps channels last need only the second one.
        var channelsLast = Transpose(map, $"{map}.channels_last", 0, 2, 3, 1);
        var images = _graph.Add("Reshape", $"{map}.images", [channelsLast, _graph.Shape(0, _grid.Patches, channels)]);
        return Transpose(images, $"{map}.tokens", 1, 0, 2);
    }

    /// <summary>[N, channels, grid height, grid width] to [K N, channels].</summary>
    private string MapToRows(string map, int channels) =>
        _graph.Add("Reshape", $"{map}.rows", [PatchTokens(map, channels), _graph.Integers(-1, channels)]);

    /// <summary>Tokens, [T, N, E], without the class token as a map: [N, E, grid height, grid width].</summary>
    private string TokenMap(string tokens, string name)
    {
        var patches = _graph.Add("Slice", $"{name}.patches", [tokens, _graph.Integers(1), _graph.Shape(_grid.Tokens), _graph.Integers(0)]);
        var images = Transpose(patches, $"{name}.images", 1, 0, 2);
        var grid = _graph.Add("Reshape", $"{name}.grid", [images, _graph.Shape(0, _grid.Height, _grid.Width, _architecture.EmbedDim)]);
        return Transpose(grid, TokenMapName(name), 0, 3, 1, 2);
    }

    private static string TokenMapName(string name) => $"{name}.map";

    /// <summary>[T N, E] to [T, N, E].</summary>
    private string ToTokens(string rows, string name) =>
        _graph.Add("Reshape", name, [rows, _graph.Shape(_grid.Tokens, -1, _architecture.EmbedDim)]);

    /// <summary>[T, N, E] to [T N, E].</summary>
    private string ToRows(string tokens, string name) => _graph.Add("Reshape", name, [tokens, _graph.Integers(-1, _architecture.EmbedDim)]);

    /// <summary>[T, N, E] to [1, N, E].</summary>
    private string ClassTokens(string tokens, string name) =>
        _graph.Add("Slice", $"{name}.first", [tokens, _graph.Integers(0), _graph.Integers(1), _graph.Integers(0)]);

    private string Transpose(string x, string name, params long[] permutation) =>
        _graph.Add("Transpose", name, [x], new OnnxAttribute("perm", permutation));
}
