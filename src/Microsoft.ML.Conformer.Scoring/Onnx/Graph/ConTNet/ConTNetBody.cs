namespace Microsoft.ML.Conformer.Onnx.Graph.ConTNet;

/// <summary>
/// The ConTNet (Yan et al., 2021) as an ONNX graph for evaluation: the same steps as <c>ConTNetNetwork.forward</c>. Shapes: N images,
/// [H, W] a feature map's size, c its channels, P the side of a window, C classes.
/// </summary>
internal sealed class ConTNetBody(ConTNetArchitecture architecture, GraphBuilder graph, RequiredWeights weights, GraphInput input)
{
    private const double Epsilon = 1e-5;

    private readonly LayerBuilder _layers = new(graph, weights);
    private readonly List<AttentionValue> _attentions = [];
    private readonly List<MapValue> _maps = [];

    /// <summary>Name of the map that the convolution of a block takes.</summary>
    public static string Encoded(ConTNetBlock block) => $"{block.Name}.encoded";

    public NetworkBody Build()
    {
        var map = Stem();
        foreach (var stage in architecture.Blocks().GroupBy(block => block.StageIndex))
        {
            var size = SizeOf(map, stage.Key);
            foreach (var block in stage)
                map = Block(map, block, size);
        }
        return new NetworkBody(() => [Head(map)], _maps, _attentions);
    }

    private string Head(string map)
    {
        var head = architecture.Heads[0];
        var pooled = graph.Add("Flatten", head.EmbeddingName, [graph.Add("GlobalAveragePool", "pooling", [map])]);
        return _layers.Linear(pooled, head.Layer, head.Width, architecture.NumClasses);
    }

    /// <summary>Pixels normalized, one convolution or three, max pool: [N, c, H, W].</summary>
    private string Stem()
    {
        var (x, scale) = input.Centered();
        if (!architecture.DeepStem)
            x = _layers.PlainConv(
                x, $"{ConTNetLayout.Stem}conv.conv", architecture.InputChannels, architecture.StemWidth, kernel: 7, stride: 2, scale);
        else
            foreach (var (index, (conv, norm, inputs, outputs)) in ConTNetLayout.DeepStem(architecture).Index())
                x = _layers.Relu(_layers.ConvBatchNorm(
                    x, conv, norm, inputs, outputs, kernel: 3, stride: index == 0 ? 2 : 1, Epsilon, inputScale: index == 0 ? scale : null));
        return graph.Add("MaxPool", "maxpool", [x],
            new("kernel_shape", new long[] { 3, 3 }), new("pads", new long[] { 1, 1, 1, 1 }), new("strides", new long[] { 2, 2 }));
    }

    /// <summary>Norm, ReLU, two encoders and a convolution, and the shortcut.</summary>
    private string Block(string x, ConTNetBlock block, MapSize size)
    {
        var (name, width) = (block.Name, block.InChannels);
        var activated = _layers.Relu(_layers.BatchNorm(x, $"{name}.bn", width, Epsilon));
        var pixels = graph.Add("Transpose", $"{name}.pixels", [activated], new OnnxAttribute("perm", new long[] { 0, 2, 3, 1 }));
        foreach (var (encoder, window) in block.Encoders)
            pixels = Encoder(pixels, encoder, block, window, size);
        var encoded = graph.Add("Transpose", Encoded(block), [pixels], new OnnxAttribute("perm", new long[] { 0, 3, 1, 2 }));

        var shortcut = block.EndsStage ? Shortcut(activated, block) : x;
        var convolved = _layers.PlainConv(encoded, $"{name}.out_conv.conv", width, block.OutChannels, block.Kernel, block.Stride);
        var sum = graph.Add("Add", name, [convolved, shortcut]);
        if (block.EndsStage && architecture.FeatureLevels.Contains(block.StageIndex + 2))
            _maps.Add(block.IsLast ? MapOf(sum, block.OutChannels, block, size) : MapOf(encoded, width, block, size));
        return sum;
    }

    private string Shortcut(string activated, ConTNetBlock block)
    {
        var averages = architecture.AverageDown && block.Stride == 2;
        var x = averages
            ? graph.Add("AveragePool", $"{block.Name}.downsample.pooled", [activated],
                new("kernel_shape", new long[] { 2, 2 }), new("strides", new long[] { 2, 2 }))
            : activated;
        return _layers.PlainConv(
            x, ConTNetLayout.Shortcut(architecture, block), block.InChannels, block.OutChannels, kernel: 1, averages ? 1 : block.Stride);
    }

    /// <summary>A transformer encoder inside of windows, [N, H, W, c] to [N, H, W, c].</summary>
    private string Encoder(string pixels, string name, ConTNetBlock block, int window, MapSize size)
    {
        var width = block.InChannels;
        var (rows, columns) = (Windows(size.Height, window), Windows(size.Width, window));
        // A 0 keeps N: of a free size that windows do not divide, -1 could make other images out of the same values.
        var cut = graph.Add("Reshape", $"{name}.cut", [pixels, graph.Shape(0, rows, window, columns, window, width)]);
        // Tokens of a window first, [P, P, N, H / P, W / P, c], as attention takes them.
        var windows = graph.Add("Transpose", $"{name}.windows", [cut], new OnnxAttribute("perm", new long[] { 2, 4, 0, 1, 3, 5 }));
        if (!architecture.RelativePositions)
        {
            var sequences = graph.Add("Reshape", $"{name}.sequences", [windows, graph.Integers(window * window, -1, width)]);
            var positions = graph.Weight($"{name}.pe", [window * window, 1, width], Positions(name, window, width));
            windows = graph.Add("Add", $"{name}.positioned", [sequences, positions]);
        }
        var x = graph.Add("Reshape", $"{name}.tokens", [windows, graph.Integers(-1, width)]); // [P P windows, c]
        x = architecture.PreNorm ? PreNorm(x, name, block, window) : PostNorm(x, name, block, window);

        var encoded = graph.Add("Reshape", $"{name}.encoded", [x, graph.Shape(window, window, -1, rows, columns, width)]);
        var joined = graph.Add("Transpose", $"{name}.joined", [encoded], new OnnxAttribute("perm", new long[] { 2, 3, 0, 4, 1, 5 }));
        return graph.Add("Reshape", name, [joined, graph.Shape(-1, size.Height, size.Width, width)]);
    }

    private string PreNorm(string x, string name, ConTNetBlock block, int window)
    {
        var (normalized, affine) = _layers.Normalize(x, $"{name}.norm1", block.InChannels, Epsilon);
        x = graph.Add("Add", $"{name}.attended", [Attention(normalized, name, block, window, affine), x]);
        (normalized, affine) = _layers.Normalize(x, $"{name}.norm2", block.InChannels, Epsilon);
        return graph.Add("Add", $"{name}.sum", [Mlp(normalized, name, block, affine), x]);
    }

    private string PostNorm(string x, string name, ConTNetBlock block, int window)
    {
        x = graph.Add("Add", $"{name}.attended", [Attention(x, name, block, window, norm: null), x]);
        x = _layers.LayerNorm(x, $"{name}.norm1", block.InChannels, Epsilon);
        x = graph.Add("Add", $"{name}.sum", [Mlp(x, name, block, norm: null), x]);
        return _layers.LayerNorm(x, $"{name}.norm2", block.InChannels, Epsilon);
    }

    private string Attention(string x, string name, ConTNetBlock block, int window, NormAffine? norm)
    {
        var (attention, width, heads, tokens) = ($"{name}.attn", block.InChannels, block.Stage.NumHeads, window * window);
        _attentions.Add(new AttentionValue(
            LayerBuilder.AttentionWeights(attention), heads, tokens, OnnxDimension.Free($"windows_{_attentions.Count + 1}")));
        return _layers.SelfAttention(
            x, attention, width, heads, 1 / Math.Sqrt(width / heads), tokens, architecture.QkvBias, norm,
            architecture.RelativePositions ? PositionBias(attention, heads, window) : null);
    }

    private string Mlp(string x, string name, ConTNetBlock block, NormAffine? norm)
    {
        var inner = _layers.Gelu(_layers.Linear(x, $"{name}.mlp.fc1", block.InChannels, block.Stage.MlpWidth, norm));
        return _layers.Linear(inner, $"{name}.mlp.fc2", block.Stage.MlpWidth, block.InChannels);
    }

    /// <summary>What is added to a window's tokens, [P², c]: half of the channels have the row's vector, the others the column's.</summary>
    private WeightTensor Positions(string name, int window, int width)
    {
        var half = width / 2;
        var (rows, columns) = (weights.Require($"{name}.pe.0", 1, window, 1, half), weights.Require($"{name}.pe.1", 1, 1, window, half));
        return new WeightTensor((long)window * window * width, positions =>
        {
            var (byRow, byColumn) = (rows.ToArray(), columns.ToArray());
            for (var token = 0; token < window * window; token++)
            {
                byRow.AsSpan(token / window * half, half).CopyTo(positions[(token * width)..]);
                byColumn.AsSpan(token % window * half, half).CopyTo(positions[(token * width + half)..]);
            }
        });
    }

    /// <summary>What is added to attention's products, [heads, P², P²]: a number for the rows' and the columns' distance.</summary>
    private WeightTensor PositionBias(string name, int heads, int window)
    {
        var (side, tokens) = (2 * window - 1, window * window);
        var table = weights.Require($"{name}{ConTNetLayout.BiasTable}", side * side, heads);
        return new WeightTensor((long)heads * tokens * tokens, bias =>
        {
            var values = table.ToArray();
            foreach (var (pair, row) in RelativePositions.Indices(window).Index())
                for (var head = 0; head < heads; head++)
                    bias[head * tokens * tokens + pair] = values[row * heads + head];
        });
    }

    private MapSize SizeOf(string map, int stage)
    {
        if (input.FixedSize is { } image)
        {
            int Side(int pixels) => ConTNetLayout.MapSides(pixels).ElementAt(stage);
            return new MapSize(Side(image.Height), Side(image.Width));
        }
        GraphSize Measured(string side, long axis) => GraphSize.Of(
            graph.Add("Shape", $"stage{stage + 1}.{side}", [map], new("start", axis), new("end", axis + 1)));
        return new MapSize(Measured("height", 2), Measured("width", 3));
    }

    /// <summary>The number of windows along a side.</summary>
    private GraphSize Windows(GraphSize side, int window) => side.Number is { } pixels
        ? pixels / window
        : GraphSize.Of(graph.AddOnce("Div", $"{side.Value}.windows_{window}", [side.Value!, graph.Integers(window)]));

    private static MapValue MapOf(string name, int channels, ConTNetBlock block, MapSize size)
    {
        var level = block.StageIndex + 2;
        return new MapValue(level, name, channels, size.Height.Or($"c{level}_height"), size.Width.Or($"c{level}_width"));
    }

    /// <summary>Height and width of a stage's maps.</summary>
    private readonly record struct MapSize(GraphSize Height, GraphSize Width);
}
