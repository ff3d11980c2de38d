using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Conformer.Detection.Networks;

/// <summary>What judges anchors: for each map of the pyramid scores, [N, A x classes, H, W], and corrections, [N, A x 4, H, W].</summary>
internal abstract class AnchorHead(string name) : Module<Tensor, (Tensor Scores, Tensor Deltas)>(name);

/// <summary>Region proposal network (Ren et al., NeurIPS 2015): whether an anchor is around an object of any class.</summary>
internal sealed class ProposalHead : AnchorHead
{
    private readonly Conv2d rpn_conv, rpn_cls, rpn_reg;

    public ProposalHead(DetectorArchitecture a) : base(nameof(ProposalHead))
    {
        rpn_conv = Conv2d(a.PyramidChannels, a.PyramidChannels, 3L, padding: 1);
        rpn_cls = Conv2d(a.PyramidChannels, a.AnchorsPerPlace, 1L);
        rpn_reg = Conv2d(a.PyramidChannels, a.AnchorsPerPlace * 4, 1L);
        RegisterComponents();
    }

    public override (Tensor Scores, Tensor Deltas) forward(Tensor map)
    {
        using var scope = NewDisposeScope();
        var x = functional.relu(rpn_conv.call(map), inplace: true);
        return scope.MoveToOuter(Pointwise.Call(rpn_cls, x), Pointwise.Call(rpn_reg, x));
    }
}

/// <summary>RetinaNet's head (Lin et al., "Focal Loss for Dense Object Detection", ICCV 2017): two branches of four convolutions.</summary>
internal sealed class RetinaHead : AnchorHead
{
    private readonly ModuleList<ConvModule> cls_convs, reg_convs;
    private readonly Conv2d retina_cls, retina_reg;

    public RetinaHead(DetectorArchitecture a) : base(nameof(RetinaHead))
    {
        ModuleList<ConvModule> Branch() => new([.. Enumerable.Range(0, DetectorArchitecture.RetinaConvolutions)
            .Select(_ => new ConvModule(a.PyramidChannels, a.PyramidChannels, kernel: 3))]);
        (cls_convs, reg_convs) = (Branch(), Branch());
        retina_cls = Conv2d(a.PyramidChannels, a.AnchorsPerPlace * a.NumClasses, 3L, padding: 1);
        retina_reg = Conv2d(a.PyramidChannels, a.AnchorsPerPlace * 4, 3L, padding: 1);
        RegisterComponents();
    }

    /// <summary>Scores: class c of anchor a is channel a C + c.</summary>
    public override (Tensor Scores, Tensor Deltas) forward(Tensor map)
    {
        using var scope = NewDisposeScope();
        Tensor Through(ModuleList<ConvModule> branch) =>
            branch.Aggregate(map, (x, conv) => functional.relu(conv.call(x), inplace: true));
        return scope.MoveToOuter(retina_cls.call(Through(cls_convs)), retina_reg.call(Through(reg_convs)));
    }
}
