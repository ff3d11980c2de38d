using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Conformer.Networks.Layers;

/// <summary>Pre-norm transformer block with stochastic depth on attention and MLP separately, [N, T, E] to [N, T, E].</summary>
internal sealed class TransformerBlock : Module<Tensor, Tensor>
{
    private readonly double _dropPath;
    private readonly DropRandom _random;
    private readonly LayerNorm norm1, norm2;
    private readonly Attention attn;
    private readonly Mlp mlp;

    /// <summary>A sample skips the attention, or the MLP, in training with the chance <paramref name="dropPath"/>, 0 to below 1.</summary>
    public TransformerBlock(int width, Attention attention, Mlp mlp, double dropPath, DropRandom random) : base(nameof(TransformerBlock))
    {
        (_dropPath, _random) = (dropPath, random);
        (attn, this.mlp) = (attention, mlp);
        norm1 = LayerNorm(width, eps: 1e-6);
        norm2 = LayerNorm(width, eps: 1e-6);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        x = x.Plus(DropPath(attn.call(norm1.call(x))));
        return x.Plus(DropPath(mlp.call(norm2.call(x)))).MoveToOuterDisposeScope();
    }

    private Tensor DropPath(Tensor x) => training ? _random.DropSamples(x, _dropPath) : x;
}
