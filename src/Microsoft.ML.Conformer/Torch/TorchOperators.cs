using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Torch;

/// <summary>Operators of libtorch that TorchSharp does not wrap, reached through functions in TorchScript.</summary>
internal static class TorchOperators
{
    private const string Script = """
        def adamw(weights: List[Tensor], gradients: List[Tensor], means: List[Tensor], squares: List[Tensor], steps: List[Tensor],
                  rate: float, decay: float):
            torch._fused_adamw_(weights, gradients, means, squares, [], steps, lr=rate, beta1=0.9, beta2=0.999, weight_decay=decay,
                                eps=1e-8, amsgrad=False, maximize=False)
            return steps[0]

        def lerp(averages: List[Tensor], weights: List[Tensor], share: float):
            torch._foreach_lerp_(averages, weights, share)
            return averages[0]

        """; // the last line needs its end

#pragma warning disable RS0030 // banned elsewhere; this script is constant
    private static readonly Lazy<jit.CompilationUnit> _unit = new(() => jit.compile(Script));
#pragma warning restore RS0030

    /// <summary>
    /// A step of AdamW (Loshchilov and Hutter, 2019) with PyTorch's default betas and epsilon, in one pass over the memory, in place.
    /// </summary>
    /// <param name="weights">[P].</param>
    /// <param name="gradients">[P]; as <paramref name="mean"/> and <paramref name="square"/>, the moments.</param>
    /// <param name="mean">[P], 0 before the first step.</param>
    /// <param name="square">[P], 0 before the first step.</param>
    /// <param name="step">The number of this step from 1, a 32-bit float scalar on the same device.</param>
    /// <param name="rate">The learning rate.</param>
    /// <param name="decay">The weight decay.</param>
    public static void AdamW(Tensor weights, Tensor gradients, Tensor mean, Tensor square, Tensor step, double rate, double decay)
    {
        using Scalar nativeRate = rate.ToScalar(), nativeDecay = decay.ToScalar();
        Call("adamw", List(weights), List(gradients), List(mean), List(square), List(step), nativeRate, nativeDecay);
    }

    /// <summary>Moves an average, in place, by a share of the way to other values.</summary>
    public static void Lerp(Tensor average, Tensor weights, double share)
    {
        using var nativeShare = share.ToScalar();
        Call("lerp", List(average), List(weights), nativeShare);
    }

    /// <summary>Lists come from outside: TorchScript drops an in-place operation on a list that it makes itself.</summary>
    private static Tensor[] List(Tensor tensor) => [tensor];

    private static void Call(string function, params object[] arguments)
    {
        using var noGrad = no_grad();
        ((Tensor)_unit.Value.invoke(function, arguments)).Dispose(); // another handle of one of the arguments
    }
}
