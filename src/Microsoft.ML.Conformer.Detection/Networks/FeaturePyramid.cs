using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Conformer.Detection.Networks;

/// <summary>
/// Feature pyramid (Lin et al., "Feature Pyramid Networks for Object Detection", CVPR 2017): the backbone's maps, brought to the same
/// channels, each with what coarser ones know added, and one or two coarser ones behind them.
/// </summary>
internal sealed class FeaturePyramid : Module<IReadOnlyList<Tensor>, Tensor[]>
{
    private readonly ModuleList<ConvModule> lateral_convs, fpn_convs;
    private readonly bool _isTwoStage;

    public FeaturePyramid(DetectorArchitecture a) : base(nameof(FeaturePyramid))
    {
        _isTwoStage = a.IsTwoStage;
        int[] channels = [.. a.BackboneLevels.Select(a.Backbone.MapChannels)];
        lateral_convs = new ModuleList<ConvModule>([.. channels.Select(inputs => new ConvModule(inputs, a.PyramidChannels, kernel: 1))]);
        var maps = channels.Select(_ => new ConvModule(a.PyramidChannels, a.PyramidChannels, kernel: 3));
        fpn_convs = new ModuleList<ConvModule>(
        [
            .. maps,
            .. _isTwoStage ? [] : (ConvModule[])
            [
                new(channels[^1], a.PyramidChannels, kernel: 3, stride: 2),
                new(a.PyramidChannels, a.PyramidChannels, kernel: 3, stride: 2),
            ],
        ]);
        RegisterComponents();
    }

    /// <summary>maps: the backbone's, [N, channels, H, W], the finest first. Returns five of the same channels.</summary>
    public override Tensor[] forward(IReadOnlyList<Tensor> maps)
    {
        using var scope = NewDisposeScope();
        var merged = maps.Zip(lateral_convs, (map, lateral) => lateral.call(map)).ToArray();
        for (var level = merged.Length - 1; level > 0; level--)
        {
            var finer = merged[level - 1];
            merged[level - 1] = finer.Plus(functional.interpolate(merged[level], size: [finer.shape[2], finer.shape[3]]));
        }
        List<Tensor> pyramid = [.. merged.Zip(fpn_convs, (map, conv) => conv.call(map))];
        if (_isTwoStage)
            pyramid.Add(ChannelsLast.Of(pyramid[^1].slice(2, 0, long.MaxValue, 2).slice(3, 0, long.MaxValue, 2)));
        else
        {
            // The first from the backbone, not from the pyramid; no activation between them.
            pyramid.Add(fpn_convs[maps.Count].call(maps[^1]));
            pyramid.Add(fpn_convs[maps.Count + 1].call(pyramid[^1]));
        }
        return [.. pyramid.Select(map => map.MoveToOuterDisposeScope())];
    }
}
