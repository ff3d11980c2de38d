using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Conformer.Networks.Layers;

/// <summary>1x1 convolutions, which on channels-last images are linear layers too: each is computed the way that is faster.</summary>
internal static class Pointwise
{
    /// <summary>
    /// With this many channels libtorch 2.10 ends the process in a 1x1 convolution of channels-last images, on a CPU with more than one
    /// thread (a division by zero in oneDNN; seen with 256, 512 and 1024 channels on the other side).
    /// </summary>
    private const int FatalChannels = 1024;

    /// <summary>In bfloat16 the linear layer takes 0.6 to 0.9 times as long from here on; in fp32 it takes up to twice as long.</summary>
    private const int WideIn16Bits = 128;

    /// <summary>[N, in, H, W] to [N, out, H / stride, W / stride], channels-last.</summary>
    /// <param name="convolution">Has a 1x1 kernel and a stride of 1.</param>
    /// <param name="x">Images, channels-last.</param>
    /// <param name="stride">Every so many pixels of a row and of a column are looked at.</param>
    public static Tensor Call(Conv2d convolution, Tensor x, int stride = 1)
    {
        if (stride > 1)
            x = ChannelsLast.Of(x.slice(2, 0, x.shape[2], stride).slice(3, 0, x.shape[3], stride));
        var weight = convolution.weight!;
        var (outChannels, inChannels) = (weight.shape[0], weight.shape[1]);
        var isLinearFaster = x.dtype == ScalarType.BFloat16 && Math.Max(inChannels, outChannels) >= WideIn16Bits;
        if (x.device_type != DeviceType.CPU || !(isLinearFaster || inChannels == FatalChannels || outChannels == FatalChannels))
            return convolution.call(x);
        return functional.linear(x.permute(0, 2, 3, 1), weight.view(outChannels, inChannels), convolution.bias).permute(0, 3, 1, 2);
    }
}
