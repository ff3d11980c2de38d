using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Conformer.Detection.Networks;

/// <summary>What judges regions: for each of its stages a head for boxes and, of Mask R-CNN, one for masks.</summary>
internal sealed class RegionHeads : Module
{
    private readonly List<BoxHead> _boxHeads = [];
    private readonly List<MaskHead> _maskHeads = [];

    public RegionHeads(DetectorArchitecture a) : base(nameof(RegionHeads))
    {
        foreach (var stage in a.Stages)
        {
            _boxHeads.Add(new BoxHead(a, stage));
            if (a.HasMasks)
                _maskHeads.Add(new MaskHead(a));
        }
        Register("bbox_head", _boxHeads);
        Register("mask_head", _maskHeads);
    }

    public IReadOnlyList<BoxHead> BoxHeads => _boxHeads;

    public IReadOnlyList<MaskHead> MaskHeads => _maskHeads;

    /// <summary>A cascade's heads have numbers.</summary>
    private void Register<T>(string name, List<T> heads) where T : Module
    {
        if (heads.Count == 1)
            register_module(name, heads[0]);
        else if (heads.Count > 1)
            register_module(name, new ModuleList<T>([.. heads]));
    }
}

/// <summary>Two linear layers, then the logits of the classes, the background last, and corrections of the box.</summary>
internal sealed class BoxHead : Module<Tensor, (Tensor Logits, Tensor Deltas)>
{
    private readonly Linear fc_cls, fc_reg;
    private readonly ModuleList<Linear> shared_fcs;

    public BoxHead(DetectorArchitecture a, RegionStage stage) : base(nameof(BoxHead))
    {
        fc_cls = Linear(a.HiddenWidth, a.NumClasses + 1);
        fc_reg = Linear(a.HiddenWidth, stage.IsCascaded ? 4 : 4 * a.NumClasses);
        var values = a.PyramidChannels * DetectorArchitecture.BoxBins * DetectorArchitecture.BoxBins;
        shared_fcs = new ModuleList<Linear>(Linear(values, a.HiddenWidth), Linear(a.HiddenWidth, a.HiddenWidth));
        RegisterComponents();
    }

    /// <summary>regions: [K, channels, 7, 7]. Returns logits [K, C + 1] and corrections [K, C x 4], or [K, 4] for all classes.</summary>
    public override (Tensor Logits, Tensor Deltas) forward(Tensor regions)
    {
        using var scope = NewDisposeScope();
        var x = shared_fcs.Aggregate(regions.flatten(1), (values, layer) => functional.relu(layer.call(values), inplace: true));
        return scope.MoveToOuter(fc_cls.call(x), fc_reg.call(x));
    }
}

/// <summary>Four convolutions, one that doubles height and width, and a mask for each class (He et al., ICCV 2017).</summary>
internal sealed class MaskHead : Module<Tensor, Tensor>
{
    private readonly ModuleList<ConvModule> convs;
    private readonly ConvTranspose2d upsample;
    private readonly Conv2d conv_logits;

    public MaskHead(DetectorArchitecture a) : base(nameof(MaskHead))
    {
        convs = new ModuleList<ConvModule>([.. Enumerable.Range(0, DetectorArchitecture.MaskConvolutions)
            .Select(_ => new ConvModule(a.PyramidChannels, a.PyramidChannels, kernel: 3))]);
        upsample = ConvTranspose2d(a.PyramidChannels, a.PyramidChannels, 2L, stride: 2);
        conv_logits = Conv2d(a.PyramidChannels, a.NumClasses, 1L);
        RegisterComponents();
    }

    /// <summary>regions: [K, channels, 14, 14]. Returns the masks' logits, [K, C, 28, 28].</summary>
    public override Tensor forward(Tensor regions)
    {
        using var scope = NewDisposeScope();
        var x = convs.Aggregate(regions, (map, conv) => functional.relu(conv.call(map), inplace: true));
        x = functional.relu(upsample.call(x), inplace: true);
        return Pointwise.Call(conv_logits, ChannelsLast.Of(x)).MoveToOuterDisposeScope();
    }
}
