namespace Microsoft.ML.Conformer;

/// <summary>One layer of a network for images of a given size; shapes are for a batch of one.</summary>
/// <param name="Name">The layer's name in the official state dict, such as "conv_trans_2.cnn_block.conv1".</param>
/// <param name="Kind">What the layer is: "Conv2d", "BatchNorm2d", "LayerNorm", "Linear", "Attention" or "Parameter".</param>
/// <param name="OutputShape">
/// The output's shape: [1, C, H, W] of a feature map, [1, T, E] of tokens, [windows, T, E] of those of windows, [1, C] of logits.
/// </param>
/// <param name="Tensors">The layer's own parameters and buffers: state-dict names and shapes.</param>
/// <param name="Macs">
/// Multiplications with accumulation for one image; only convolutions, linear layers and attention's two products count.
/// </param>
public sealed record NetworkLayer(
    string Name, string Kind, IReadOnlyList<long> OutputShape, IReadOnlyList<NetworkTensor> Tensors, long Macs)
{
    /// <summary>Number of trained values; running statistics do not count.</summary>
    public long Parameters => Tensors.Where(t => !t.IsBuffer).Sum(t => t.Count);

    /// <summary>The most values that the layer keeps at once for one image: its output's, or attention's weights.</summary>
    internal long Values { get; private init; } = Product(OutputShape);

    internal static NetworkLayer Conv(string name, long inChannels, FeatureMap output, long kernel, bool bias)
    {
        var tensors = WeightAndBias(name, [output.Channels, inChannels, kernel, kernel], bias);
        return new NetworkLayer(name, "Conv2d", output.Shape, tensors, output.Height * output.Width * tensors[0].Count);
    }

    internal static NetworkLayer Linear(string name, long[] output, long inputs, long outputs, bool bias = true)
    {
        var rows = Product(output) / outputs;
        return new NetworkLayer(name, "Linear", output, WeightAndBias(name, [outputs, inputs], bias), rows * inputs * outputs);
    }

    internal static NetworkLayer LayerNorm(string name, long tokens, long embed, long windows = 1) =>
        new(name, "LayerNorm", [windows, tokens, embed], WeightAndBias(name, [embed], bias: true), 0);

    /// <summary>The products of queries, keys and values, within each of the windows: for each head [T, T].</summary>
    internal static NetworkLayer Attention(string name, long windows, long tokens, long embed, long heads) =>
        new(name, "Attention", [windows, tokens, embed], [], 2 * windows * tokens * tokens * embed)
        {
            Values = windows * heads * tokens * tokens,
        };

    internal static NetworkLayer BatchNorm(string name, FeatureMap output) => new(name, "BatchNorm2d", output.Shape,
    [
        new($"{name}.weight", [output.Channels]),
        new($"{name}.bias", [output.Channels]),
        new($"{name}.running_mean", [output.Channels], IsBuffer: true),
        new($"{name}.running_var", [output.Channels], IsBuffer: true),
        new($"{name}.num_batches_tracked", [], IsBuffer: true),
    ], 0);

    private static NetworkTensor[] WeightAndBias(string name, long[] weight, bool bias) =>
        bias ? [new($"{name}.weight", weight), new($"{name}.bias", [weight[0]])] : [new($"{name}.weight", weight)];

    private static long Product(IReadOnlyList<long> shape) => shape.Aggregate(1L, (a, b) => a * b);
}

/// <summary>One entry of the official state dict.</summary>
/// <param name="Name">The key.</param>
/// <param name="Shape">The shape; empty for a scalar.</param>
/// <param name="IsBuffer">A running statistic rather than a trained parameter.</param>
public sealed record NetworkTensor(string Name, IReadOnlyList<long> Shape, bool IsBuffer = false)
{
    /// <summary>How many batches a BatchNorm has seen.</summary>
    public bool IsBatchCounter => Name.EndsWith(".num_batches_tracked", StringComparison.Ordinal);

    /// <summary>Where distances between a window's tokens stand in their table. It follows from the shape, and is never loaded.</summary>
    internal bool IsPositionIndex => Name.EndsWith(".relative_position_index", StringComparison.Ordinal);

    /// <summary>An int64 buffer, on which no result depends once the network is built; everything else is fp32.</summary>
    public bool IsInteger => IsBatchCounter || IsPositionIndex;

    /// <summary>Number of values.</summary>
    public long Count => Shape.Aggregate(1L, (a, b) => a * b);
}

/// <summary>A feature map of one image.</summary>
internal readonly record struct FeatureMap(long Channels, long Height, long Width)
{
    public long[] Shape => [1, Channels, Height, Width];
}
