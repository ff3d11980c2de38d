using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Conformer.Networks.Layers;

/// <summary>
/// Multi-head self-attention, [N, T, E] to [N, T, E]. In a window of P x P = T pixels, row by row, a learned number for each head and each
/// distance of two pixels may be added to the products of queries and keys (Liu et al., "Swin Transformer", 2021).
/// </summary>
internal sealed class Attention : Module<Tensor, Tensor>
{
    private const int MaxPlainTokens = 128, MaxPlainTokensIn16Bits = 1024;

    private readonly int _heads;
    private readonly double? _scale;
    private readonly double _attentionDrop, _projectionDrop;
    private readonly DropRandom _random;
    private readonly Parameter? relative_position_bias_table; // [(2 P - 1)^2, heads]
    private readonly Tensor? relative_position_index; // [T, T], a buffer
    private readonly Linear qkv, proj;

    /// <summary>
    /// For tokens of a width E that is a multiple of the heads. Products of queries and keys are multiplied by <paramref name="scale"/>, or
    /// by 1 / sqrt(E / heads) where it is null. Attention weights and values of the result are dropped with a chance of 0 to below 1.
    /// Distances count where <paramref name="relativeWindow"/>, the side P, is not null.
    /// </summary>
    public Attention(
        int width, int heads, bool bias, double? scale, double attentionDrop, double projectionDrop, DropRandom random,
        int? relativeWindow = null)
        : base(nameof(Attention))
    {
        (_heads, _scale, _attentionDrop, _projectionDrop, _random) = (heads, scale, attentionDrop, projectionDrop, random);
        if (relativeWindow is { } window)
        {
            relative_position_bias_table = Parameter(zeros((2 * window - 1) * (2 * window - 1), heads));
            relative_position_bias_table.DetachFromDisposeScope();
            relative_position_index = PositionIndex(window).DetachFromDisposeScope();
        }
        qkv = Linear(width, 3L * width, hasBias: bias);
        proj = Linear(width, width);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var (n, t, e) = (x.shape[0], x.shape[1], x.shape[2]);
        var heads = qkv.call(x).reshape(n, t, 3, _heads, e / _heads).permute(2, 0, 3, 1, 4).unbind(0); // 3 x [N, heads, T, E / heads]
        var mixed = IsPlainBetter(heads[0]) || (training && _attentionDrop > 0)
            ? Plain(heads[0], heads[1], heads[2])
            : Fused(heads[0], heads[1], heads[2]);
        var result = proj.call(mixed.transpose(1, 2).reshape(n, t, e));
        return (training ? _random.Drop(result, _projectionDrop) : result).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// On a CPU libtorch's fused attention takes longer than the products by themselves: in fp32 2.5 times as long with 37 tokens and 1.3
    /// times with 197, in bfloat16 5 and 3 times. But it does not keep the weights, whose memory grows with the square of the tokens.
    /// </summary>
    private static bool IsPlainBetter(Tensor query) => query.device_type == DeviceType.CPU &&
        query.shape[2] <= (query.dtype == ScalarType.Float32 ? MaxPlainTokens : MaxPlainTokensIn16Bits);

    private Tensor Plain(Tensor query, Tensor key, Tensor value)
    {
        var scale = _scale ?? 1 / Math.Sqrt(query.shape[3]);
        var products = query.Times(scale).flatten(0, 1).bmm(key.flatten(0, 1).transpose(1, 2)); // [N heads, T, T]
        if (PositionBias(query) is { } bias)
            products = products.view(-1, _heads, query.shape[2], query.shape[2]).Plus(bias).flatten(0, 1);
        var weights = products.softmax(-1, ScalarType.Float32).to(query.dtype);
        if (training)
            weights = _random.Drop(weights, _attentionDrop);
        return weights.bmm(value.flatten(0, 1)).reshape(query.shape);
    }

    private Tensor Fused(Tensor query, Tensor key, Tensor value)
    {
        // It scales by 1 / sqrt(width) itself.
        if (_scale is { } scale)
            query = query.Times(scale * Math.Sqrt(query.shape[3]));
        return functional.scaled_dot_product_attention(query, key, value, attn_mask: PositionBias(query));
    }

    /// <summary>What is added to the products, [heads, T, T]; null for nothing.</summary>
    private Tensor? PositionBias(Tensor query) => relative_position_bias_table?
        .index_select(0, relative_position_index!.flatten()).to(query.dtype)
        .view(query.shape[2], query.shape[2], _heads).permute(2, 0, 1);

    private static Tensor PositionIndex(int window) =>
        tensor(RelativePositions.Indices(window).Select(row => (long)row).ToArray()).view(window * window, window * window);
}
