using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Conformer.Networks.Layers;

/// <summary>Multi-head self-attention, [N, T, E] to [N, T, E].</summary>
internal sealed class Attention : Module<Tensor, Tensor>
{
    private readonly int _heads;
    private readonly double? _scale;
    private readonly double _attentionDrop, _projectionDrop;
    private readonly DropRandom _random;
    private readonly Linear qkv, proj;

    /// <summary>
    /// For tokens of a width E that is a multiple of the heads. Products of queries and keys are multiplied by <paramref name="scale"/>, or
    /// by 1 / sqrt(E / heads) where it is null. Attention weights and values of the result are dropped with a chance of 0 to below 1.
    /// </summary>
    public Attention(int width, int heads, bool bias, double? scale, double attentionDrop, double projectionDrop, DropRandom random)
        : base(nameof(Attention))
    {
        (_heads, _scale, _attentionDrop, _projectionDrop, _random) = (heads, scale, attentionDrop, projectionDrop, random);
        qkv = Linear(width, 3L * width, hasBias: bias);
        proj = Linear(width, width);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x)
    {
        var (n, t, e) = (x.shape[0], x.shape[1], x.shape[2]);
        var width = e / _heads;
        var heads = qkv.call(x).reshape(n, t, 3, _heads, width).permute(2, 0, 3, 1, 4).unbind(0); // 3 x [N, heads, T, E / heads]
        // The fused product scales by 1 / sqrt(width).
        var query = _scale is { } scale ? heads[0] * (scale * Math.Sqrt(width)) : heads[0];
        var mixed = training && _attentionDrop > 0
            ? DroppingWeights(query, heads[1], heads[2])
            : functional.scaled_dot_product_attention(query, heads[1], heads[2]);
        var result = proj.call(mixed.transpose(1, 2).reshape(n, t, e));
        return training ? _random.Drop(result, _projectionDrop) : result;
    }

    private Tensor DroppingWeights(Tensor query, Tensor key, Tensor value)
    {
        var products = query.flatten(0, 1).bmm(key.flatten(0, 1).transpose(1, 2)); // [N heads, T, T]
        var weights = (products / Math.Sqrt(query.shape[3])).softmax(-1);
        return _random.Drop(weights, _attentionDrop).bmm(value.flatten(0, 1)).reshape(query.shape);
    }
}
