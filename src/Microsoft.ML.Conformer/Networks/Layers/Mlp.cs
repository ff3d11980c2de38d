using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Conformer.Networks.Layers;

/// <summary>A transformer block's two-layer perceptron with an erf GELU, [N, T, E] to [N, T, E].</summary>
internal sealed class Mlp : Module<Tensor, Tensor>
{
    private readonly double _drop;
    private readonly DropRandom _random;
    private readonly Linear fc1, fc2;

    /// <summary>Values after each layer are dropped in training with the chance <paramref name="drop"/>, 0 to below 1.</summary>
    public Mlp(int width, int hidden, double drop, DropRandom random) : base(nameof(Mlp))
    {
        (_drop, _random) = (drop, random);
        fc1 = Linear(width, hidden);
        fc2 = Linear(hidden, width);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return Drop(fc2.call(Drop(functional.gelu(fc1.call(x))))).MoveToOuterDisposeScope();
    }

    private Tensor Drop(Tensor x) => training ? _random.Drop(x, _drop) : x;
}
