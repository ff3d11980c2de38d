using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Networks.Layers;

/// <summary>
/// The Conformer's official initialization: convolutions Kaiming normal over fan-out with ReLU gain, linear layers and embeddings
/// normal(0, 0.02), norms 1 and 0, linear biases 0, convolution biases uniform within 1 / sqrt(fan-in). (The official code truncates its
/// normals at +-2, which is 100 standard deviations.)
/// </summary>
internal static class Initialization
{
    private const double EmbeddingStd = 0.02;

    /// <param name="network">Its norms, and other parameters than embeddings, start as they are built.</param>
    /// <param name="embeddings">The network's learned positions and tokens.</param>
    /// <param name="seed">The same one gives the same weights.</param>
    public static void Initialize(nn.Module network, IEnumerable<Parameter> embeddings, long seed)
    {
        using var noGrad = no_grad();
        using var generator = new Generator((ulong)seed, CPU);
        foreach (var parameter in embeddings)
            parameter.normal_(0, EmbeddingStd, generator);
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
            }
    }
}
