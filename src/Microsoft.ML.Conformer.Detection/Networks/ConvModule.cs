using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Conformer.Detection.Networks;

/// <summary>
/// A convolution with a bias, of stride 1, padded so that the map keeps its size; mmdetection calls it "conv" in a module.
/// </summary>
internal sealed class ConvModule : Module<Tensor, Tensor>
{
    private readonly Conv2d conv;

    public ConvModule(int inputs, int outputs, int kernel, int stride = 1) : base(nameof(ConvModule))
    {
        conv = Conv2d(inputs, outputs, (long)kernel, stride: stride, padding: kernel / 2);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x) => conv.weight!.shape[2] == 1 ? Pointwise.Call(conv, x) : conv.call(x);
}
