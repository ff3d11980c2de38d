using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Conformer.Detection.Networks;

/// <summary>
/// The second head that helps to train (Zhao et al., CVPR 2017): a 3x3 convolution, norm, ReLU, and pixels are classified
/// (mmsegmentation's FCNHead with one convolution).
/// </summary>
internal sealed class AuxiliaryHead : Module<Tensor, Tensor>
{
    private readonly Conv2d conv_seg;
    private readonly ModuleList<ConvLayer> convs;
    private readonly double _drop;
    private readonly DropRandom _random;

    /// <inheritdoc cref="PyramidPoolingHead(SegmentationArchitecture, int, double, DropRandom)"/>
    public AuxiliaryHead(SegmentationArchitecture a, int inputs, double drop, DropRandom random) : base(nameof(AuxiliaryHead))
    {
        (_drop, _random) = (drop, random);
        conv_seg = Conv2d(a.AuxiliaryChannels, a.NumClasses, 1L);
        convs = new ModuleList<ConvLayer>(new ConvLayer(inputs, a.AuxiliaryChannels, kernel: 3, stride: 1, hasNorm: true));
        RegisterComponents();
    }

    /// <summary>map: [N, inputs, H, W], channels-last. Returns logits, [N, C, H, W].</summary>
    public override Tensor forward(Tensor map)
    {
        using var scope = NewDisposeScope();
        var x = functional.relu(convs[0].call(map), inplace: true);
        return Pointwise.Call(conv_seg, training ? _random.DropChannels(x, _drop) : x).MoveToOuterDisposeScope();
    }
}
