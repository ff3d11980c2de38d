using System.Collections.Concurrent;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Conformer.Networks.Layers;

/// <summary>
/// 1x1 convolutions, which on channels-last images are linear layers too: each is computed in the way that is right, and, of two, faster.
/// </summary>
/// <remarks>
/// With more than one thread on a CPU, libtorch 2.10's own 1x1 convolution of channels-last images leaves out channels for some shapes: of
/// 512, 640 and 896 channels for most, of 48 and 144 for a few; which ones depends on the CPU. The gradients are right. So it is tried once
/// for each shape; where it differs from the linear layer, that is computed.
/// </remarks>
internal static class Pointwise
{
    /// <summary>
    /// With multiples of so many channels that convolution ends the process (a division by zero in oneDNN; seen with 256, 512 and 1024
    /// channels on the other side).
    /// </summary>
    private const int FatalChannels = 1024;

    /// <summary>In bfloat16 the linear layer takes 0.6 to 0.9 times as long from here on; in fp32 it takes up to twice as long.</summary>
    private const int WideIn16Bits = 128;

    /// <summary>Shares of the greatest value: far above what rounding makes of a sum, and far below what is left out.</summary>
    private const double Tolerance = 1e-3, ToleranceIn16Bits = 0.05;

    /// <summary>By shape and threads, the type that the convolution was right in (autocast changes it); null where it was wrong.</summary>
    private static readonly ConcurrentDictionary<(long, long, long, long, long, ScalarType, int), ScalarType?> _rightIn = new();

    /// <summary>[N, in, H, W] to [N, out, H / stride, W / stride], channels-last.</summary>
    /// <param name="convolution">Has a 1x1 kernel and a stride of 1.</param>
    /// <param name="x">Images, channels-last.</param>
    /// <param name="stride">Every so many pixels of a row and of a column are looked at.</param>
    public static Tensor Call(Conv2d convolution, Tensor x, int stride = 1)
    {
        if (stride > 1)
            x = ChannelsLast.Of(x.slice(2, 0, x.shape[2], stride).slice(3, 0, x.shape[3], stride));
        if (x.device_type != DeviceType.CPU)
            return convolution.call(x);
        var weight = convolution.weight!;
        var (outChannels, inChannels) = (weight.shape[0], weight.shape[1]);
        var isLinearFaster = x.dtype == ScalarType.BFloat16 && Math.Max(inChannels, outChannels) >= WideIn16Bits;
        if (isLinearFaster || inChannels % FatalChannels == 0 || outChannels % FatalChannels == 0)
            return Linear(convolution, x);

        var size = x.shape; // which is asked of libtorch each time
        var shape = (size[0], size[2], size[3], inChannels, outChannels, x.dtype, get_num_threads());
        if (_rightIn.TryGetValue(shape, out var rightIn) && rightIn is null)
            return Linear(convolution, x);
        var convolved = convolution.call(x);
        if (convolved.dtype == rightIn)
            return convolved;
        var isRight = IsConvolutionRight(x, outChannels);
        _rightIn[shape] = isRight ? convolved.dtype : null;
        return isRight ? convolved : Linear(convolution, x);
    }

    private static Tensor Linear(Conv2d convolution, Tensor x) => Linear(x, convolution.weight!, convolution.bias);

    private static Tensor Linear(Tensor x, Tensor weight, Tensor? bias) =>
        functional.linear(x.permute(0, 2, 3, 1), weight.view(weight.shape[0], weight.shape[1]), bias).permute(0, 3, 1, 2);

    /// <summary>
    /// Whether a convolution of images such as <paramref name="like"/> gives what the linear layer gives. It is tried on random numbers:
    /// what it is asked for must not decide, or a run that goes on in another process could be computed another way.
    /// </summary>
    private static bool IsConvolutionRight(Tensor like, long outChannels)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var generator = new Generator(0, CPU);
        var x = ChannelsLast.Of(randn(like.shape, generator: generator).to(like.dtype));
        var weight = randn([outChannels, like.shape[1], 1, 1], generator: generator).to(like.dtype);
        var (convolved, expected) = (functional.conv2d(x, weight), Linear(x, weight, bias: null));
        var (difference, greatest) = (
            convolved.Plus(expected.neg()).abs().max().to(ScalarType.Float64).ToDouble(),
            expected.abs().max().to(ScalarType.Float64).ToDouble());
        return difference <= (convolved.dtype == ScalarType.Float32 ? Tolerance : ToleranceIn16Bits) * greatest;
    }
}
