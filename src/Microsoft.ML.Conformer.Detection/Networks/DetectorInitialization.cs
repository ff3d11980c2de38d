using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Conformer.Detection.Networks;

/// <summary>
/// mmdetection's initialization of what stands behind the backbone: the pyramid and linear layers Xavier uniform, what gives scores and
/// corrections normal with a small spread, masks Kaiming normal over fan-out; biases 0, but RetinaNet's scores begin at a chance of 1 %.
/// </summary>
internal static class DetectorInitialization
{
    private const double RetinaChance = 0.01;

    public static void Initialize(Module network, long seed)
    {
        using var noGrad = no_grad();
        using var generator = new Generator((ulong)seed, CPU);
        foreach (var (name, parameter) in network.named_parameters())
        {
            if (BackboneLayout.Has(name))
                continue;
            if (name.EndsWith(".bias", StringComparison.Ordinal))
            {
                parameter.zero_();
                if (name.EndsWith("retina_cls.bias", StringComparison.Ordinal))
                    parameter.copy_(tensor((float)-Math.Log((1 - RetinaChance) / RetinaChance)));
                continue;
            }
            var shape = parameter.shape;
            var area = shape.Skip(2).Aggregate(1L, (product, side) => product * side);
            var (fanIn, fanOut) = (shape[1] * area, shape[0] * area);
            var bound = Math.Sqrt(6.0 / (fanIn + fanOut));
            if (name.StartsWith("neck.", StringComparison.Ordinal) || name.Contains("shared_fcs", StringComparison.Ordinal))
                parameter.uniform_(-bound, bound, generator);
            else if (name.Contains("mask_head", StringComparison.Ordinal))
                parameter.normal_(0, Math.Sqrt(2.0 / fanOut), generator);
            else
                parameter.normal_(0, name.EndsWith("fc_reg.weight", StringComparison.Ordinal) ? 0.001 : 0.01, generator);
        }
    }
}
