using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Conformer.Networks.Layers;

/// <summary>A convolution without bias, padded by half its kernel, and a norm where asked for.</summary>
internal sealed class ConvLayer : Module<Tensor, Tensor>
{
    private readonly int _pointwiseStride;
    private readonly Conv2d conv;
    private readonly BatchNorm2d? bn;

    public ConvLayer(int inChannels, int outChannels, int kernel, int stride, bool hasNorm = false) : base(nameof(ConvLayer))
    {
        if (kernel == 1)
            (_pointwiseStride, stride) = (stride, 1);
        conv = Conv2d(inChannels, outChannels, (long)kernel, stride: stride, padding: kernel / 2, bias: false);
        if (hasNorm)
            bn = BatchNorm2d(outChannels);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        x = _pointwiseStride > 0 ? Pointwise.Call(conv, x, _pointwiseStride) : conv.call(x);
        return (bn is null ? x : Normalization.Call(bn, x)).MoveToOuterDisposeScope();
    }
}
