using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Networks.Conformer;

/// <summary>
/// The official initialization: convolutions Kaiming normal over fan-out with ReLU gain, linear layers and embeddings normal(0, 0.02),
/// norms 1 and 0, linear biases 0, convolution biases uniform within 1 / sqrt(fan-in). (The official code truncates its normals at +-2,
/// which is 100 standard deviations.)
/// </summary>
internal static class ConformerInitialization
{
    private const double EmbeddingStd = 0.02;

    public static void Initialize(ConformerNetwork network, long seed, bool zeroInitialResidual)
    {
        using var noGrad = no_grad();
        using var generator = new Generator((ulong)seed, CPU);
        foreach (var (_, parameter) in network.named_parameters(recurse: false))
            parameter.normal_(0, EmbeddingStd, generator);
        // BatchNorm and LayerNorm start at 1 and 0 as they are built.
        foreach (var module in network.modules())
            switch (module)
            {
                case Conv2d conv:
                    var kernel = conv.weight!.shape; // [out, in, height, width]
                    conv.weight.normal_(0, Math.Sqrt(2.0 / (kernel[0] * kernel[2] * kernel[3])), generator);
                    var bound = 1 / Math.Sqrt(kernel[1] * kernel[2] * kernel[3]);
                    conv.bias?.uniform_(-bound, bound, generator);
                    break;
                case Linear linear:
                    linear.weight!.normal_(0, EmbeddingStd, generator);
                    linear.bias?.zero_();
                    break;
                case ConvBlock block when zeroInitialResidual:
                    block.LastNormWeight.zero_();
                    break;
            }
    }
}
