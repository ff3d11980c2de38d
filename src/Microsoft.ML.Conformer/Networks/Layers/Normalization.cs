using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Conformer.Networks.Layers;

/// <summary>
/// BatchNorm (Ioffe and Szegedy, 2015) as its module computes it, but for the module's way to count (<see cref="Arithmetic"/>).
/// </summary>
internal static class Normalization
{
    public static Tensor Call(BatchNorm2d norm, Tensor x)
    {
        if (norm.training)
            norm.num_batches_tracked!.Increment();
        return functional.batch_norm(
            x, norm.running_mean, norm.running_var, norm.weight, norm.bias, norm.training, norm.momentum!.Value, norm.eps);
    }
}
