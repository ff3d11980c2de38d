using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Conformer.Networks.Layers;

/// <summary>
/// Transformer block with stochastic depth on attention and MLP separately, [N, T, E] to [N, T, E]. Norms come before both, or after the
/// sums with what they gave (Vaswani et al., 2017).
/// </summary>
internal class TransformerBlock : Module<Tensor, Tensor>
{
    private readonly bool _preNorm;
    private readonly double _dropPath;
    private readonly DropRandom _random;
    private readonly LayerNorm norm1, norm2;
    private readonly Attention attn;
    private readonly Mlp mlp;

    /// <summary>A sample skips the attention, or the MLP, in training with the chance <paramref name="dropPath"/>, 0 to below 1.</summary>
    public TransformerBlock(
        int width, Attention attention, Mlp mlp, double epsilon, bool preNorm, double dropPath, DropRandom random)
        : base(nameof(TransformerBlock))
    {
        (_preNorm, _dropPath, _random) = (preNorm, dropPath, random);
        (attn, this.mlp) = (attention, mlp);
        norm1 = LayerNorm(width, eps: epsilon);
        norm2 = LayerNorm(width, eps: epsilon);
        foreach (var (name, module) in new (string, Module)[] { ("norm1", norm1), ("norm2", norm2), ("attn", attn), ("mlp", mlp) })
            register_module(name, module); // RegisterComponents would not find them from a derived class
    }

    public override Tensor forward(Tensor x) => Encode(x, x.shape[0]);

    /// <summary>For a number of samples, each of which has one or more sequences, in order.</summary>
    protected Tensor Encode(Tensor x, long samples)
    {
        using var scope = NewDisposeScope();
        Tensor DropPath(Tensor y) => training ? _random.DropSamples(y, _dropPath, samples) : y;
        if (_preNorm)
        {
            x = x.Plus(DropPath(attn.call(norm1.call(x))));
            return x.Plus(DropPath(mlp.call(norm2.call(x)))).MoveToOuterDisposeScope();
        }
        x = norm1.call(x.Plus(DropPath(attn.call(x))));
        return norm2.call(x.Plus(DropPath(mlp.call(x)))).MoveToOuterDisposeScope();
    }
}
