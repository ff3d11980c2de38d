namespace Microsoft.ML.Conformer;

/// <summary>One layer of a Conformer for images of a given size; shapes are for a batch of one.</summary>
/// <param name="Name">The layer's name in the official state dict, e.g. "conv_trans_2.cnn_block.conv1".</param>
/// <param name="Kind">What the layer is: "Conv2d", "BatchNorm2d", "LayerNorm", "Linear", "Attention" or "Parameter".</param>
/// <param name="OutputShape">The output's shape: [1, C, H, W] of a feature map, [1, T, E] of tokens, [1, C] of logits.</param>
/// <param name="Tensors">The layer's own parameters and buffers: state-dict names and shapes.</param>
/// <param name="Macs">
/// Multiplications with accumulation for one image; only convolutions, linear layers and attention's two products count.
/// </param>
public sealed record NetworkLayer(
    string Name, string Kind, IReadOnlyList<long> OutputShape, IReadOnlyList<NetworkTensor> Tensors, long Macs)
{
    /// <summary>Number of trained values; running statistics do not count.</summary>
    public long Parameters => Tensors.Where(t => !t.IsBuffer).Sum(t => t.Count);
}

/// <summary>One entry of the official state dict.</summary>
/// <param name="Name">The key.</param>
/// <param name="Shape">The shape; empty for a scalar.</param>
/// <param name="IsBuffer">A running statistic rather than a trained parameter.</param>
public sealed record NetworkTensor(string Name, IReadOnlyList<long> Shape, bool IsBuffer = false)
{
    /// <summary>The one integer buffer: how many batches a BatchNorm has seen (int64); everything else is fp32.</summary>
    public bool IsBatchCounter => Name.EndsWith(".num_batches_tracked", StringComparison.Ordinal);

    /// <summary>Number of values.</summary>
    public long Count => Shape.Aggregate(1L, (a, b) => a * b);
}
